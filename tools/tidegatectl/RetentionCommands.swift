import ArgumentParser

/// `tidegatectl retention …`.
struct Retention: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See how long records are kept, and delete what is due.",
        subcommands: [RetentionStatus.self, RetentionRun.self])
}

/// How much is kept: `tidegatectl retention status`.
struct RetentionStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is kept, for how long, and what is due.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await reporting {
            let answer = try await server.client().get("/v1/retention", as: RetentionAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let rows = answer.value.classes.map { row in
                [row.name, row.days.map(Self.text) ?? "until lifted", "\(row.records)", "\(row.due)"]
            }
            print(Layout.terminal.table(["CLASS", "DAYS", "RECORDS", "DUE"], rows), terminator: "")
            if let next = answer.value.nextSweep { print("next sweep at \(SafeText.line(next))") }
        }
    }

    private static func text(_ days: Double) -> String {
        days == days.rounded() && days < 1e9 ? "\(Int(days))" : "\(days)"
    }
}

/// Deletes what is due: `tidegatectl retention run --dry-run`.
struct RetentionRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Delete now what is due; the server does it by itself every hour.")

    @OptionGroup var server: ServerOptions

    @Flag(help: "Count what would be deleted, and delete nothing.")
    var dryRun = false

    func run() async throws {
        try await reporting {
            let answer = try await server.client()
                .post("/v1/retention/run", Body(dryRun: dryRun), as: RetentionRunAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            let counts = answer.value.deleted.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            print((dryRun ? "would delete " : "deleted ") + SafeText.line(counts.joined(separator: ", ")))
        }
    }

    private struct Body: Encodable {
        let dryRun: Bool

        private enum CodingKeys: String, CodingKey { case dryRun = "dry_run" }
    }
}

/// `GET /v1/retention`.
struct RetentionAnswer: Decodable {
    struct Row: Decodable {
        let name: String
        let days: Double?
        let records: Int
        let due: Int

        private enum CodingKeys: String, CodingKey {
            case name = "class"
            case days, records, due
        }
    }

    let classes: [Row]
    let nextSweep: String?

    private enum CodingKeys: String, CodingKey {
        case classes
        case nextSweep = "next_sweep"
    }
}

/// `POST /v1/retention/run`.
struct RetentionRunAnswer: Decodable {
    let deleted: [String: Int]
}
