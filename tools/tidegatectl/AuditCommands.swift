import ArgumentParser
import Foundation

/// `tidegatectl audit …`.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See who did what, and check that nobody has changed it.",
        subcommands: [AuditShow.self, AuditVerify.self])
}

/// The log: `tidegatectl audit show --last 20`.
struct AuditShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the end of the audit log, oldest first.")

    @OptionGroup var server: ServerOptions

    @Option(help: "From the entry after this one on. Default: the last ones.")
    var after: Int?

    @Option(help: "Most entries to show, 1 to 1000.")
    var limit = 50

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit must be 1 to 1000") }
        guard after.map({ $0 >= 0 }) ?? true else { throw ValidationError("--after must be 0 or more") }
    }

    func run() async throws {
        try await reporting {
            let client = try server.client()
            var from = after
            if from == nil {
                let head = try await client.get(
                    "/v1/audit", query: [("limit", "1")], as: AuditPageAnswer.self)
                from = max(0, head.value.head.number - limit)
            }
            let answer = try await client.get(
                "/v1/audit", query: [("after", "\(from ?? 0)"), ("limit", "\(limit)")],
                as: AuditPageAnswer.self)
            guard !server.json else { return print(SafeText.json(answer.json)) }
            guard !answer.value.entries.isEmpty else { return print("no entries") }
            let rows = answer.value.entries.map { entry in
                ["\(entry.number)", String(entry.at.prefix(19)), entry.who, entry.what, entry.subject]
            }
            print(Layout.terminal.table(["NO", "AT", "WHO", "WHAT", "SUBJECT"], rows), terminator: "")
        }
    }
}

/// Checks the log: `tidegatectl audit verify`.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the whole audit log: changed, deleted, moved and added entries are found.",
        discussion: """
            The chain of hashes is computed here, entry by entry; the server adds what its key knows about the end.
            Write the last line down elsewhere now and then: with --head it shows that nothing before was changed, even
            by somebody who has the key.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "What the last line said before: NUMBER:HASH.")
    var head: String?

    func run() async throws {
        try await reporting {
            let client = try server.client()
            var chain = AuditChain(expecting: head)
            while true {
                let page = try await client.get(
                    "/v1/audit", query: [("after", "\(chain.last)"), ("limit", "1000")],
                    as: AuditPageAnswer.self)
                guard !page.value.entries.isEmpty else { break }
                let before = chain.last
                for entry in page.value.entries { chain.read(entry) }
                guard chain.last > before else { break }
            }
            let told = try await client.get("/v1/audit/verify", as: AuditVerdictAnswer.self)
            let verdict = chain.verdict(with: told.value)
            if server.json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys]
                print(SafeText.json(String(decoding: try encoder.encode(verdict), as: UTF8.self)))
            } else {
                for fault in verdict.faults {
                    print("entry \(fault.number): \(SafeText.line(fault.what))")
                }
                print("\(verdict.entries) entries, \(verdict.sound ? "sound" : "NOT SOUND")")
                print("head \(chain.last):\(chain.lastHash)")
            }
            if !verdict.sound { throw ExitCode(1) }
        }
    }
}
