internal import FoundationEssentials
internal import Hummingbird
internal import RelayTypes
internal import Storage
internal import Switchboard

/// Appeals and their answers.
internal struct AppealRoutes: Sendable {
    internal let control: any ControlPlane

    internal func add(to router: Router<AdminRoutes.Context>) {
        router.only(.get, "v1/appeals", use: list)
        router.only(.post, "v1/appeals/{appeal}/decision", use: decide)
    }

    @Sendable private func list(_ request: Request, _ context: AdminRoutes.Context) async throws -> Response {
        try await AdminAnswer.value {
            let query = try AdminQuery(request, names: "state")
            return try await control.appeals(
                try query.choice("state", default: AppealState.open), by: try request.actor)
        }
    }

    @Sendable private func decide(
        _ request: Request, _ context: AdminRoutes.Context
    ) async throws -> Response {
        struct Answer: Decodable {
            let outcome: String
            let ground: String
            let facts: String
        }
        return try await AdminAnswer.value {
            let members = try await AdminBody.read(
                Answer.self, "{\"outcome\", \"ground\", \"facts\"}", from: request)
            let order = AppealOrder(
                appeal: AppealID(context.parameters.get("appeal") ?? ""),
                outcome: try AdminBody.choice("outcome", members.outcome, of: AppealOrder.Outcome.self),
                ground: try AdminBody.text("ground", members.ground, atMost: ReportRoutes.groundCharacters),
                facts: try AdminBody.text("facts", members.facts, atMost: ReportRoutes.factsCharacters))
            return try await control.decideAppeal(order, by: try request.actor)
        }
    }
}
