internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import RelayTypes
internal import Switchboard
internal import Telemetry

/// The admin API (PROTOCOL.md section 6), as much of it as there is yet.
internal struct AdminRoutes: Sendable {
    internal typealias Context = BasicRequestContext

    internal let control: any ControlPlane
    internal let usage: @Sendable () -> FrontUsage
    /// Absent on the Unix socket, where the file's mode says who may.
    internal let token: BearerToken?

    internal func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: JSONErrors())
        if let token { router.add(middleware: RequireToken(token: token)) }
        router.only(.get, "v1/status") { [control] _, _ in try JSONAnswer.value(await control.status()) }
        router.only(.get, "v1/pairs", use: listPairs)
        router.only(.get, "v1/pairs/{pair}", use: showPair)
        for action in OperatorOrder.Action.allCases {
            router.only(.post, RouterPath("v1/pairs/{pair}/\(action.rawValue)")) { request, context in
                try await carryOut(action, request, context)
            }
        }
        router.only(.post, "v1/peers/{peer}/ban", use: ban)
        router.only(.get, "v1/bans") { [control] _, _ in try JSONAnswer.value(await control.bans()) }
        router.only(.delete, "v1/bans/{ban}", use: liftBan)
        router.only(.get, "metrics") { [control, usage] _, _ in
            let page = MetricsPage(
                snapshot: await control.metrics(), status: await control.status(),
                ready: await control.isReady().ready, front: usage())
            return Response(
                status: .ok, headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
        }
        return router
    }

    @Sendable private func listPairs(_ request: Request, _ context: Context) async throws -> Response {
        let parameters = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
        let query: PairQuery
        do {
            query = try PairQuery(parameters)
        } catch {
            return JSONAnswer.error(.badRequest, code: "bad_request", error.message)
        }
        return try JSONAnswer.value(
            await control.pairs(
                hold: query.hold, peer: query.peer, limit: query.limit, cursor: query.cursor))
    }

    @Sendable private func showPair(_ request: Request, _ context: Context) async throws -> Response {
        let id = PairID(context.parameters.get("pair") ?? "")
        guard let report = await control.pair(id) else { return Self.unknownPair() }
        return try JSONAnswer.value(report)
    }

    private func carryOut(
        _ action: OperatorOrder.Action, _ request: Request, _ context: Context
    ) async throws -> Response {
        let id = PairID(context.parameters.get("pair") ?? "")
        let body = try await request.body.collect(upTo: 16 * 1_024)
        let order: OperatorOrder
        do {
            order = try OperatorOrder(action, pair: id, body: Data(body.readableBytesView))
        } catch {
            return JSONAnswer.error(.badRequest, code: "bad_request", error.message)
        }
        do {
            return try JSONAnswer.value(try await control.order(order))
        } catch let error as AdminError {
            return Self.refusal(error)
        }
    }

    @Sendable private func ban(_ request: Request, _ context: Context) async throws -> Response {
        let id = PeerID(context.parameters.get("peer") ?? "")
        let body = try await request.body.collect(upTo: 16 * 1_024)
        let order: BanOrder
        do {
            order = try BanOrder(of: id, body: Data(body.readableBytesView), at: Date())
        } catch {
            return JSONAnswer.error(.badRequest, code: "bad_request", error.message)
        }
        do {
            return try JSONAnswer.value(try await control.ban(order))
        } catch let error as AdminError {
            return Self.refusal(error)
        }
    }

    @Sendable private func liftBan(_ request: Request, _ context: Context) async throws -> Response {
        do {
            return try JSONAnswer.value(
                try await control.liftBan(BanID(context.parameters.get("ban") ?? "")))
        } catch let error as AdminError {
            return Self.refusal(error)
        }
    }

    private static func refusal(_ error: AdminError) -> Response {
        switch error {
        case .unknownPair: unknownPair()
        case .notOfThePair:
            JSONAnswer.error(.badRequest, code: "bad_request", "from is not a peer of this pair")
        case .unknownPeer:
            JSONAnswer.error(
                .notFound, code: "unknown_peer", "there is no such peer, and there was none in the last 24 h")
        case .unknownBan:
            JSONAnswer.error(.notFound, code: "unknown_ban", "there is no such ban, or it has ended")
        case .nothingToHold:
            JSONAnswer.error(
                .conflict, code: "nothing_to_hold",
                "nothing of what the ban should hold on to is known of this peer; see \"on\"")
        case .notDurable:
            JSONAnswer.error(
                .serviceUnavailable, code: "not_durable",
                "the disk does not take it now; a new ban is in force all the same, a lifted one still holds")
        case .workerSilent:
            JSONAnswer.error(
                .serviceUnavailable, code: "worker_stuck",
                "the order is given, but the media worker of this pair has not confirmed it in time; see /readyz"
            )
        }
    }

    private static func unknownPair() -> Response {
        JSONAnswer.error(.notFound, code: "unknown_pair", "there is no such pair, or it has ended")
    }
}

/// Lets nothing through that does not carry the token.
internal struct RequireToken<Context: RequestContext>: RouterMiddleware {
    internal let token: BearerToken

    internal func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard token.isCarried(by: request.headers[.authorization]) else {
            return JSONAnswer.error(
                .unauthorized, code: "unauthorized", "this needs Authorization: Bearer and the admin token",
                headers: [.wwwAuthenticate: "Bearer"])
        }
        return try await next(request, context)
    }
}
