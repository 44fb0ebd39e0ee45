import ArgumentParser

/// `tidegatectl report …`.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See reports, and decide them.",
        subcommands: [
            ReportListCommand.self, ReportShow.self, ReportDecide.self, ReportRefer.self,
        ])
}

/// Which reports or appeals.
enum CaseState: String, ExpressibleByArgument, CaseIterable { case open, decided, all }

/// The reports: `tidegatectl report list --state all`.
struct ReportListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List reports, the most urgent first.")

    @OptionGroup var server: ServerOptions

    @Option(help: "Which ones: open, decided or all.")
    var state = CaseState.open

    @Option(help: "Most reports to list, 1 to 1000.")
    var limit = 100

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
    }

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .get(
                    "/v1/reports", query: [("state", state.rawValue), ("limit", "\(limit)")],
                    as: ReportListAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            guard !answer.value.reports.isEmpty else { return print("no reports") }
            let rows = answer.value.reports.map { row in
                [
                    row.report, String(row.receivedAt.prefix(16)), "\(row.priority)", row.state, row.reason,
                    row.source,
                ]
            }
            print(
                Layout.terminal.table(["REPORT", "RECEIVED", "PRIO", "STATE", "REASON", "SOURCE"], rows),
                terminator: "")
            if answer.value.cursor != nil { note("more reports follow; see them with --limit 1000", server) }
        }
    }
}

/// One report: `tidegatectl report show <report>`.
struct ReportShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one report: what was said, the proof of the cut, what was decided.",
        discussion: """
            That it was read goes to the audit log.
            """)

    @OptionGroup var server: ServerOptions

    @Argument(help: "The report, as shown by 'tidegatectl report list'.")
    var report: String

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .get("/v1/reports/" + AdminClient.encoded(report), as: ReportAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print(answer.value.text(.terminal), terminator: "")
        }
    }
}

/// Decides a report: `tidegatectl report decide <report> --outcome upheld --action ban --ground … --facts …`.
struct ReportDecide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Decide a report, and say why.",
        discussion: """
            The ground and the facts are shown to the person. A decision is never changed: a later one overturns it,
            and a ban that rests on it is lifted.
            """)

    enum Outcome: String, ExpressibleByArgument, CaseIterable { case upheld, rejected }
    enum Action: String, ExpressibleByArgument, CaseIterable { case none, warn, ban }
    enum GroundKind: String, ExpressibleByArgument, CaseIterable { case illegal, incompatible }

    @OptionGroup var server: ServerOptions

    @Argument(help: "The report, as shown by 'tidegatectl report list'.")
    var report: String

    @Option(help: "upheld or rejected.")
    var outcome: Outcome

    @Option(help: "none, warn or ban.")
    var action = Action.none

    @Option(help: "What it rests on: illegal (a law) or incompatible (the terms).")
    var groundKind = GroundKind.incompatible

    @Option(parsing: .unconditional, help: "The rule or law, by its reference.")
    var ground: String

    @Option(parsing: .unconditional, help: "What happened.")
    var facts: String

    @Option(help: "When a ban ends, as 2030-01-31T12:00:00Z. Default: never.")
    var until: String?

    @Option(
        name: .customLong("on"), parsing: .singleValue,
        help: "A ban holds on to this only: identity, lineage, address; may be repeated. Default: all.")
    var handles: [String] = []

    @Flag(help: "A machine has found it.")
    var automatedDetection = false

    @Flag(help: "A machine has decided it.")
    var automatedDecision = false

    @Flag(help: "Ban although the report says that the person is a child.")
    var evenThoughMinor = false

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func validate() throws { try Texts.check(ground: ground, facts: facts) }

    func run() async throws {
        try await reporting {
            let name = SafeText.line(report)
            let client = try server.client()
            guard !dryRun else { return try await foretold(client).tell(server) }
            let order = Body(
                outcome: outcome.rawValue, action: action.rawValue, groundKind: groundKind.rawValue,
                ground: ground, facts: facts, until: until, on: handles.isEmpty ? nil : handles,
                automatedDetection: automatedDetection, automatedDecision: automatedDecision,
                evenThoughMinor: evenThoughMinor)
            let answer =
                try await client
                .post(
                    "/v1/reports/" + AdminClient.encoded(report) + "/decision", order,
                    as: OrderReceiptAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("decided \(name): \(SafeText.line(answer.value.decision ?? ""))")
            answer.value.tellRest()
        }
    }

    /// What the decision would change.
    ///
    /// That the report was read for it goes to the audit log, as with `report show`.
    private func foretold(_ client: AdminClient) async throws(AdminFailure) -> DryRun {
        let found = try await client.get("/v1/reports/" + AdminClient.encoded(report), as: ReportAnswer.self)
            .value
        var effects = [
            DryRun.Effect(name: "reported", value: found.reported),
            DryRun.Effect(name: "ground", value: "\(ground) (\(groundKind.rawValue))"),
        ]
        if let last = found.decisions.last {
            effects.append(
                .init(name: "overturns", value: "\(last.decision): \(last.outcome), \(last.action)"))
        }
        if action == .ban {
            let handles = handles.isEmpty ? "all that is known" : handles.joined(separator: ", ")
            effects.append(.init(name: "ban", value: "until \(until ?? "it is lifted"), on \(handles)"))
        }
        return DryRun(
            would: "decide \(found.report): \(outcome.rawValue), action \(action.rawValue)",
            peers: [found.reported], effects: effects)
    }

    private struct Body: Encodable {
        let outcome: String
        let action: String
        let groundKind: String
        let ground: String
        let facts: String
        let until: String?
        let on: [String]?
        let automatedDetection: Bool
        let automatedDecision: Bool
        let evenThoughMinor: Bool

        private enum CodingKeys: String, CodingKey {
            case outcome, action, ground, facts, until, on
            case groundKind = "ground_kind"
            case automatedDetection = "automated_detection"
            case automatedDecision = "automated_decision"
            case evenThoughMinor = "even_though_minor"
        }
    }
}

/// Notes that a report was passed on: `tidegatectl report refer <report> --to police`.
struct ReportRefer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refer",
        abstract: "Note that a report was passed on to somebody.")

    @OptionGroup var server: ServerOptions

    @Argument(help: "The report, as shown by 'tidegatectl report list'.")
    var report: String

    @Option(parsing: .unconditional, help: "To whom.")
    var to: String

    @Option(parsing: .unconditional, help: "Under which number they know it.")
    var reference: String?

    @Option(parsing: .unconditional, help: "Anything else.")
    var note: String?

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let client = try server.client()
            guard !dryRun else {
                let path = "/v1/reports/" + AdminClient.encoded(report)
                let found = try await client.get(path, as: ReportAnswer.self).value
                return try DryRun(would: "note that \(found.report) was passed on to \(to)").tell(server)
            }
            let answer =
                try await client
                .post(
                    "/v1/reports/" + AdminClient.encoded(report) + "/referral",
                    Body(to: to, reference: reference, note: note), as: OrderReceiptAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            print("noted: \(SafeText.line(report)) was passed on to \(SafeText.line(to))")
            answer.value.tellRest()
        }
    }

    private struct Body: Encodable {
        let to: String
        let reference: String?
        let note: String?
    }
}
