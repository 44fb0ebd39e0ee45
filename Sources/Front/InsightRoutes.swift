internal import Hummingbird
internal import RelayTypes
internal import Switchboard

/// People, explanations and the overview: for those who look.
internal struct InsightRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/peers", use: list)
        router.only(.get, "v1/peers/{peer}") { [control] _, context in
            try await AdminAnswer.value {
                let id = Self.peer(context)
                guard let report = await control.peer(id) else { throw AdminError.unknownPeer(id) }
                return report
            }
        }
        router.only(.get, "v1/peers/{peer}/explain") { [control] _, context in
            try await AdminAnswer.value {
                let id = Self.peer(context)
                guard let told = await control.explain(id) else { throw AdminError.unknownPeer(id) }
                return told
            }
        }
        router.only(.get, "v1/pairs/{pair}/explain") { [control] _, context in
            try await AdminAnswer.value {
                let id = PairID(context.parameters.get("pair") ?? "")
                guard let told = await control.explain(id) else { throw AdminError.unknownPair(id) }
                return told
            }
        }
        router.only(.get, "v1/overview") { [control] request, _ in
            try await AdminAnswer.value {
                let query = try AdminQuery(request, names: "limit")
                return await control.overview(
                    limit: try query.number("limit", in: 0...1_000, default: 1_000))
            }
        }
    }

    private static func peer(_ context: AdminRoutes.Context) -> PeerID {
        PeerID(context.parameters.get("peer") ?? "")
    }

    @Sendable private func list(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let query = try AdminQuery(request, names: "state", "limit", "cursor")
            let state = try query["state"]
                .map { text throws(AdminFault) in try AdminBody.choice("state", text, of: PeerState.self) }
            return await control.peers(
                state, limit: try query.number("limit", in: 1...1_000, default: 100), cursor: query["cursor"])
        }
    }
}
