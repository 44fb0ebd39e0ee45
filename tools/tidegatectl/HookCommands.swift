import ArgumentParser

/// `tidegatectl hook …`.
struct Hook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See how your own endpoint fares: told of events, and asked before something opens.",
        subcommands: [HookStatusCommand.self, HookEnable.self])
}

/// How the endpoint fares: `tidegatectl hook status`.
struct HookStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what the endpoint is told and asked, what waits, and how it answers.",
        discussion: """
            Figures are since the start of the server. An answer that did not come is counted by why: it came too late \
            (timeout), was none (failed), too many were asked already (busy), or the endpoint had failed too often in a \
            row and was not asked (broken).
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/hooks", as: HooksAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            answer.value.tell()
        }
    }
}

/// Sends events again: `tidegatectl hook enable`.
struct HookEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Send events again to an endpoint that has said that it wants no more (410).",
        discussion: "What has waited meanwhile is sent first; events are kept for a day.")

    @OptionGroup var server: ServerOptions

    @Flag(help: "Say what would be sent, and change nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let client = try server.client()
            guard !dryRun else { return try await foretold(client).tell(server) }
            let answer = try await client.post("/v1/hooks/enable", Nothing(), as: HooksAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let events = answer.value.events
            print("events go to \(SafeText.line(events.url ?? "")), \(events.waitingText)")
        }
    }

    private func foretold(_ client: AdminClient) async throws(AdminFailure) -> DryRun {
        let events = try await client.get("/v1/hooks", as: HooksAnswer.self).value.events
        guard let url = events.url else {
            throw .refused(
                status: 409, message: "no endpoint is told of events: hooks.events_url is empty",
                code: "no_endpoint")
        }
        return DryRun(
            would: events.goneSince == nil ? "go on sending events to \(url)" : "send events again to \(url)",
            effects: [
                .init(name: "waiting", value: events.waitingText),
                .init(name: "wanted none since", value: events.goneSince ?? "it takes them"),
            ])
    }

    private struct Nothing: Encodable {}
}

/// `GET /v1/hooks`.
struct HooksAnswer: Decodable {
    struct Events: Decodable {
        let url: String?
        let kinds: [String]
        let waiting: Int?
        let oldestSeconds: Double?
        let goneSince: String?
        let lastAttempt: String?
        let outcomes: [String: Int]

        private enum CodingKeys: String, CodingKey {
            case url, kinds, waiting, outcomes
            case oldestSeconds = "oldest_seconds"
            case goneSince = "gone_since"
            case lastAttempt = "last_attempt"
        }

        var waitingText: String {
            guard let waiting else { return "the database does not say how many wait" }
            guard waiting > 0 else { return "none wait" }
            return "\(waiting) wait" + (oldestSeconds.map { ", the oldest for \(spoken(seconds: $0))" } ?? "")
        }
    }

    struct Decisions: Decodable {
        struct Row: Decodable {
            let kind: String
            let answered: [String: Int]
            let unanswered: [String: Int]
            let meanMilliseconds: Double?

            private enum CodingKeys: String, CodingKey {
                case kind, answered, unanswered
                case meanMilliseconds = "mean_ms"
            }
        }

        let url: String?
        let kinds: [String]
        let timeout: Int
        let onError: String
        let breaker: String
        let failuresInARow: Int
        let answers: [Row]

        private enum CodingKeys: String, CodingKey {
            case url, kinds, breaker, answers
            case timeout = "timeout_ms"
            case onError = "on_error"
            case failuresInARow = "failures_in_a_row"
        }
    }

    let events: Events
    let decisions: Decisions
}

extension HooksAnswer {
    /// Two lists, and a table of the kinds that are or were asked.
    fileprivate func tell() {
        print(Layout.terminal.list(eventLines + decisionLines), terminator: "")
        let rows = decisions.answers
            .filter { row in
                decisions.kinds.contains(row.kind)
                    || [row.answered, row.unanswered].contains { $0.values.contains { $0 > 0 } }
            }
            .map { row in
                [row.kind] + ["allow", "hold", "deny"].map { "\(row.answered[$0] ?? 0)" }
                    + ["timeout", "failed", "busy", "broken"].map { "\(row.unanswered[$0] ?? 0)" }
                    + [row.meanMilliseconds.map { "\(Int($0.rounded())) ms" } ?? "-"]
            }
        guard !rows.isEmpty else { return }
        print("")
        print(
            Layout.terminal.table(
                ["QUESTION", "ALLOW", "HOLD", "DENY", "TIMEOUT", "FAILED", "BUSY", "BROKEN", "MEAN"], rows),
            terminator: "")
    }

    private var eventLines: [(name: String, value: String)] {
        var lines: [(name: String, value: String)] = [("events", events.url ?? "go nowhere")]
        let count = events.outcomes
        if events.url != nil { lines.append(("told of", events.kinds.joined(separator: ", "))) }
        if events.url != nil || events.waiting ?? 0 > 0 { lines.append(("waiting", events.waitingText)) }
        if let since = events.goneSince {
            lines.append(("gone", "it wants no more since \(since); see 'tidegatectl hook enable'"))
        }
        if let last = events.lastAttempt { lines.append(("last", last)) }
        if count.values.contains(where: { $0 > 0 }) {
            lines.append(
                (
                    "so far",
                    "\(count["delivered"] ?? 0) delivered, \(count["failed"] ?? 0) attempts failed, "
                        + "\(count["expired"] ?? 0) given up, \(count["overflowed"] ?? 0) lost for want of room"
                ))
        }
        return lines
    }

    private var decisionLines: [(name: String, value: String)] {
        guard let url = decisions.url else { return [("decisions", "nobody is asked")] }
        let breaker =
            decisions.breaker == "open"
            ? "open after \(decisions.failuresInARow) failures in a row: it is asked now and then only"
            : decisions.breaker
        return [
            ("decisions", url), ("asked", decisions.kinds.joined(separator: ", ")),
            ("answer", "within \(decisions.timeout) ms, else \(decisions.onError)"), ("breaker", breaker),
        ]
    }
}
