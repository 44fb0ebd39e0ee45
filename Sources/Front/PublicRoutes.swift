internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Signalling
internal import Switchboard

/// What the public listener serves besides the WebSocket (PROTOCOL.md section 1).
internal struct PublicRoutes: Sendable {
    internal typealias Context = BasicRequestContext

    internal let control: any ControlPlane
    internal let files: ClientFiles
    internal let live: LiveSettings
    internal let isSecure: Bool
    internal let attest: FrontConfiguration.DevelopmentAttestation?

    internal func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: SecurityHeaders(isSecure: isSecure))
        router.add(middleware: JSONErrors())
        serveFiles(router)
        router.only(.get, "healthz") { _, _ in try JSONAnswer.value(["alive": true]) }
        router.only(.get, "readyz") { [control] _, _ in
            let report = await control.isReady()
            return try JSONAnswer.value(report, status: report.ready ? .ok : .serviceUnavailable)
        }
        router.only(.get, "v1/policy") { [control] _, _ in
            JSONAnswer.text(ServerMessageWriter.policyJSON(control.policySummary))
        }
        router.on("v1/signal", method: .get, use: refuseUpgrade)
        router.on("v1/signal", method: .head, use: refuseUpgrade)
        router.on("v1/signal", method: .post, use: refuseUpgrade)
        if let attest { serveDevelopmentAttestation(router, attest) }
        return router
    }

    // MARK: The page

    /// The page that makes age attestations in development; not there otherwise.
    private static let developmentPage = "dev-age.html"

    private func serveFiles(_ router: Router<Context>) {
        router.only(.get, "") { [files] request, _ in Self.answer(files["index.html"], to: request) }
        for name in files.names where !name.hasPrefix("dev-") || attest != nil {
            router.only(.get, RouterPath(name)) { [files] request, _ in Self.answer(files[name], to: request)
            }
        }
    }

    private static func answer(_ file: ClientFiles.File?, to request: Request) -> Response {
        guard let file else { return JSONAnswer.error(.notFound, code: "not_found", "there is nothing here") }
        // The next build's page must not meet this build's script: ask every time, answer 304 nearly always.
        let headers: HTTPFields = [.eTag: file.entityTag, .cacheControl: "no-cache"]
        let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
        if known.contains(where: { $0.drop { $0 == " " } == file.entityTag }) {
            return Response(status: .notModified, headers: headers)
        }
        var response = Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
        response.headers[.contentType] = file.contentType
        return response
    }

    // MARK: The WebSocket's path without a WebSocket

    /// Says why a request has not become a WebSocket.
    @Sendable private func refuseUpgrade(_ request: Request, _ context: Context) -> Response {
        switch live.now.upgrade.verdict(on: WebSocketUpgrade.Facts(request.head)) {
        case .upgrade:
            // NIO upgrades the first request of a connection only, and browsers open a new one for each WebSocket.
            return JSONAnswer.error(
                .badRequest, code: "bad_request", "open a WebSocket on a connection of its own")
        case .refuse(let status, let code, let message):
            var headers: HTTPFields = [:]
            if status == 405 { headers[.allow] = "GET" }
            if status == 426 {
                headers[.upgrade] = "websocket"
                headers[.connection] = "upgrade"
                headers[.secWebSocketVersion] = "13"
            }
            return JSONAnswer.error(.init(code: status), code: code, message, headers: headers)
        }
    }

    // MARK: Development

    private func serveDevelopmentAttestation(
        _ router: Router<Context>, _ attest: @escaping FrontConfiguration.DevelopmentAttestation
    ) {
        router.only(
            [
                .get: { [files] request, _ in Self.answer(files[Self.developmentPage], to: request) },
                .post: { request, _ in
                    let body = try await request.body.collect(upTo: 4_096)
                    guard
                        let wish = try? JSONDecoder().decode(AgeWish.self, from: Data(body.readableBytesView))
                    else {
                        return JSONAnswer.error(
                            .badRequest, code: "bad_request", "the body must be {\"nonce\": …, \"band\": …}")
                    }
                    guard let token = try await attest(wish.nonce, wish.band) else {
                        return JSONAnswer.error(.badRequest, code: "unknown_band", "there is no such band")
                    }
                    return try JSONAnswer.value(["token": token])
                },
            ], "dev/age")
    }

    private struct AgeWish: Decodable {
        let nonce: String
        let band: String
    }
}
