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
        abstract: "List appeals, oldest first.",
        discussion: "Exit status: 0 listed, 1 the server refused, 2 it cannot be reached.")

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
        abstract: "Answer an appeal by a new decision; a reversal lifts the ban.",
        discussion: """
            Exit status: 0 decided, 1 there is no such appeal or the server refused, 2 it cannot be reached.
            """)

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
            guard !dryRun else { return print("would decide \(name): \(outcome.rawValue)") }
            let answer = try await server.client()
                .post(
                    "/v1/appeals/" + AdminClient.encoded(appeal) + "/decision",
                    Body(outcome: outcome.rawValue, ground: ground, facts: facts), as: OrderReceiptAnswer.self
                )
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("decided \(name): \(SafeText.line(answer.value.decision ?? ""))")
            answer.value.tellRest()
        }
    }

    private struct Body: Encodable {
        let outcome: String
        let ground: String
        let facts: String
    }
}
