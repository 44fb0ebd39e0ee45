internal import FoundationEssentials
internal import Hummingbird
internal import RelayTypes
internal import Switchboard

/// Live pairs, and what an operator orders about them.
internal struct PairRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/pairs", use: list)
        router.only(.get, "v1/pairs/{pair}", use: show)
        for action in OperatorOrder.Action.allCases {
            router.only(.post, RouterPath("v1/pairs/{pair}/\(action.rawValue)")) { request, context in
                try await carryOut(action, request, context)
            }
        }
    }

    private static func pair(_ context: AdminRoutes.Context) -> PairID {
        PairID(context.parameters.get("pair") ?? "")
    }

    @Sendable private func list(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let query = try AdminQuery(request, names: "hold", "peer", "limit", "cursor")
            var hold: Holds?
            if let name = query["hold"] {
                guard let match = Holds.named.first(where: { $0.name == name }) else {
                    let names = Holds.named.map(\.name).joined(separator: ", ")
                    throw AdminFault(message: "hold must be one of \(names)")
                }
                hold = match.hold
            }
            return await control.pairs(
                hold: hold, peer: query["peer"].map { PeerID($0) },
                limit: try query.number("limit", in: 1...1_000, default: 100), cursor: query["cursor"])
        }
    }

    @Sendable private func show(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let id = Self.pair(context)
            guard let report = await control.pair(id) else { throw AdminError.unknownPair(id) }
            return report
        }
    }

    private func carryOut(
        _ action: OperatorOrder.Action, _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        try await AdminAnswer.value {
            let members = try await AdminBody.read(
                OrderMembers.self, "{\"reason\", \"from\"?, \"channel\"?}", from: request)
            return try await control.order(
                try members.order(action, pair: Self.pair(context)), by: try request.actor)
        }
    }

    /// The body of `POST /v1/pairs/{pair}/cut`, `hold` and `release`.
    private struct OrderMembers: Decodable {
        let reason: String
        let from: String?
        let channel: String?

        func order(
            _ action: OperatorOrder.Action, pair: PairID
        ) throws(AdminFault) -> OperatorOrder {
            var found: Channel?
            if let channel {
                guard let match = Channel(name: channel) else {
                    let names = Channel.allCases.map(\.name).joined(separator: ", ")
                    throw AdminFault(message: "channel must be one of \(names)")
                }
                found = match
            }
            let reason = try AdminBody.text(
                "reason", reason.filter { !$0.isNewline }, atMost: ReportRoutes.groundCharacters)
            return OperatorOrder(
                action: action, pair: pair, reason: reason, from: from.map { PeerID($0) }, channel: found)
        }
    }
}
