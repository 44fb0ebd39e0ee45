internal import FoundationEssentials
internal import Hummingbird
internal import RelayTypes
internal import Switchboard

/// Bans.
internal struct BanRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.post, "v1/peers/{peer}/ban", use: ban)
        router.only(.get, "v1/bans") { [control] _, _ in try JSONAnswer.value(await control.bans()) }
        router.only(.delete, "v1/bans/{ban}", use: lift)
    }

    @Sendable private func ban(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let body = try await AdminBody.read(BanOrder.Members.self, BanOrder.shape, from: request)
            let peer = PeerID(context.parameters.get("peer") ?? "")
            return try await control.ban(try BanOrder(of: peer, body, at: Date()), by: try request.actor)
        }
    }

    @Sendable private func lift(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            try await control.liftBan(
                BanID(context.parameters.get("ban") ?? ""), by: try request.actor)
        }
    }
}
