import ArgumentParser

/// `tidegatectl appeal …`.
struct Appeal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See appeals, and answer them.", subcommands: [AppealListCommand.self, AppealDecide.self])
}

/// The appeals: `tidegatectl appeal list`.
struct AppealListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List appeals, oldest first.")

    enum State: String, ExpressibleByArgument, CaseIterable { case open, answered, all }

    @OptionGroup var server: ServerOptions

    @Option(help: "Which ones: open, answered or all.")
    var state = State.open

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .get("/v1/appeals", query: [("state", state.rawValue)], as: AppealListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            guard !answer.value.appeals.isEmpty else { return print("no appeals") }
            let layout = Layout.terminal
            print(
                answer.value.appeals.map { layout.list($0.entries) }.joined(separator: "\n"), terminator: "")
        }
    }
}

/// Answers an appeal: `tidegatectl appeal decide <appeal> --outcome reversed --ground … --facts …`.
struct AppealDecide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Answer an appeal by a new decision; a reversal lifts the ban.")

    enum Outcome: String, ExpressibleByArgument, CaseIterable { case reversed, kept }

    @OptionGroup var server: ServerOptions

    @Argument(help: "The appeal, as shown by 'tidegatectl appeal list'.")
    var appeal: String

    @Option(help: "reversed or kept.")
    var outcome: Outcome

    @Option(parsing: .unconditional, help: "The rule or law, by its reference.")
    var ground: String

    @Option(parsing: .unconditional, help: "What was found.")
    var facts: String

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func validate() throws { try Texts.check(ground: ground, facts: facts) }

    func run() async throws {
        try await reporting {
            let name = SafeText.line(appeal)
            let client = try server.client()
            guard !dryRun else { return try await foretold(client).tell(server) }
            let answer =
                try await client
                .post(
                    "/v1/appeals/" + AdminClient.encoded(appeal) + "/decision",
                    Body(outcome: outcome.rawValue, ground: ground, facts: facts), as: OrderReceiptAnswer.self
                )
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("decided \(name): \(SafeText.line(answer.value.decision ?? ""))")
            answer.value.tellRest()
        }
    }

    /// What the answer would change.
    private func foretold(_ client: AdminClient) async throws(AdminFailure) -> DryRun {
        let all = try await client.get("/v1/appeals", query: [("state", "all")], as: AppealListAnswer.self)
            .value
        guard let found = all.appeals.first(where: { $0.appeal == appeal }) else {
            throw .refused(
                status: 404, message: "there is no such appeal, or its time was up and it was deleted",
                code: "unknown_appeal")
        }
        guard found.answeredBy == nil else {
            throw .refused(
                status: 409,
                message: "this appeal has its answer; a new decision about the report can still be made",
                code: "appeal_answered")
        }
        return DryRun(
            would: "decide \(found.appeal): \(outcome.rawValue)",
            effects: [
                .init(
                    name: "decision",
                    value: found.decision
                        + (outcome == .reversed ? " is overturned, and its ban lifted" : " stands")),
                .init(name: "ground", value: ground),
            ])
    }

    private struct Body: Encodable {
        let outcome: String
        let ground: String
        let facts: String
    }
}
