internal import FoundationEssentials
internal import Hummingbird
package import Switchboard

/// The configuration of the running server, as the admin API shows and changes it.
package protocol ConfigControl: Sendable {
    /// `{"file", "sha256", "values", "defaults"}` as JSON; of secrets only whether they are set.
    func configurationJSON() async -> String
    /// Reads the file again, and takes over what can be.
    func reload(isDryRun: Bool, by who: Operator) async throws(ReloadRefusal) -> ReloadReport
}

/// `POST /v1/reload`.
package struct ReloadReport: Sendable, Encodable, Equatable {
    /// Keys that hold now, or would.
    package var changed: [String]
    /// Keys that differ, and hold their old value until the server is started anew.
    package var needsRestart: [String]
    package var dryRun: Bool

    package init(changed: [String], needsRestart: [String], dryRun: Bool) {
        self.changed = changed
        self.needsRestart = needsRestart
        self.dryRun = dryRun
    }

    private enum CodingKeys: String, CodingKey {
        case changed
        case needsRestart = "needs_restart"
        case dryRun = "dry_run"
    }
}

/// Why nothing was taken over.
package enum ReloadRefusal: Error, Sendable, Equatable {
    /// Another reload is under way.
    case busy
    /// Every problem, a sentence each.
    case problems([String], file: String)
}

/// Reload, and what holds.
internal struct ReloadRoutes: Sendable {
    internal let config: any ConfigControl

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/config") { [config] _, _ in
            JSONAnswer.text(await config.configurationJSON())
        }
        router.only(.post, "v1/reload", use: reload)
    }

    @Sendable private func reload(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        struct Members: Decodable {
            let dryRun: Bool?

            private enum CodingKeys: String, CodingKey { case dryRun = "dry_run" }
        }
        do {
            return try await AdminAnswer.value {
                let members = try await AdminBody.optional(Members.self, "{\"dry_run\"?}", from: request)
                return try await config.reload(isDryRun: members?.dryRun ?? false, by: try request.actor)
            }
        } catch let refusal as ReloadRefusal {
            switch refusal {
            case .busy:
                return JSONAnswer.error(.conflict, code: "busy", "another reload is under way; try again")
            case .problems(let problems, let file):
                return JSONAnswer.error(
                    .unprocessableContent, code: "bad_config",
                    "nothing was changed: \(file) has "
                        + (problems.count == 1 ? "1 problem: " : "\(problems.count) problems: ")
                        + problems.joined(separator: "; "))
            }
        }
    }
}
