internal import FoundationEssentials
internal import Hummingbird
internal import Switchboard

/// The audit log and retention.
internal struct LogRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/audit", use: list)
        router.only(.get, "v1/audit/verify") { [control] _, _ in
            try await AdminAnswer.value { try await control.verifyAudit() }
        }
        router.only(.get, "v1/retention") { [control] _, _ in
            try await AdminAnswer.value { try await control.retention() }
        }
        router.only(.post, "v1/retention/run", use: run)
    }

    @Sendable private func list(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let query = try AdminQuery(request, names: "after", "limit")
            return try await control.auditPage(
                after: try query.number("after", in: 0...Int(Int32.max), default: 0),
                limit: try query.number("limit", in: 1...1_000, default: 100))
        }
    }

    @Sendable private func run(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        struct Run: Decodable {
            let dryRun: Bool?

            private enum CodingKeys: String, CodingKey { case dryRun = "dry_run" }
        }
        return try await AdminAnswer.value {
            let body = try await request.body.collect(upTo: 4_096)
            let members =
                body.readableBytes == 0
                ? nil : try AdminBody.decode(Run.self, "{\"dry_run\"?}", Data(body.readableBytesView))
            return try await control.runRetention(
                isDryRun: members?.dryRun ?? false, by: try request.actor)
        }
    }
}
