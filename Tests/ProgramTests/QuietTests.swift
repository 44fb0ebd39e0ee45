import Foundation
import RelayTestKit
import Testing

@Suite("Every command of tidegatectl takes the same options")
struct QuietTests {
    /// Commands that are done with nothing to say, in the order in which they can be; `@` and a word stand for an id.
    private static let table = """
        status
        pair list
        pair show @pair
        pair hold @pair --reason r
        pair release @pair --reason r
        pair cut @pair --reason r --dry-run
        peer list
        peer show @peer
        peer ban @peer --reason r --facts f --dry-run
        ban list
        ban add @peer --reason r --facts f --dry-run
        report list
        report show @report
        report decide @report --outcome upheld --action warn --ground g --facts f --dry-run
        report refer @report --to police
        case hold @report --reason r
        case export @report --to case --sign-key operator.key
        appeal list
        appeal decide @appeal --outcome kept --ground g --facts f
        ban remove @ban
        audit show
        audit verify
        retention status
        retention run --dry-run
        worker list
        hook status
        explain @pair
        config check tidegate.toml
        config show
        config diff tidegate.toml
        reload
        doctor
        version
        pair cut @pair --reason r
        drain --dry-run
        """
        .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }

    /// What is asked for as such: a script; packets into a file; what happens, until it is ended; a whole screen.
    private static let others: Set<String> = ["completion", "pcap", "events", "top"]

    /// What changes something.
    private static let changing: Set<String> = [
        "pair cut", "pair hold", "pair release", "peer ban", "ban add", "ban remove", "report decide",
        "report refer",
        "appeal decide", "case hold", "retention run", "drain", "reload",
        "hook enable",
    ]

    @Test("all have --json and --quiet, and what changes something has --dry-run")
    func options() async throws {
        let folder = try ProgramFolder()
        let leaves = try await HelpTree.of(folder).leaves
        #expect(leaves.count > 30)
        for (path, options) in leaves where path != ["completion"] {
            #expect(options.isSuperset(of: ["json", "quiet"]), "\(path)")
            if Self.changing.contains(path.joined(separator: " ")) {
                #expect(options.contains("dry-run"), "\(path)")
            }
        }
        let known = Set(leaves.map { $0.path.joined(separator: " ") })
        #expect(Self.changing.isSubset(of: known))
    }

    @Test(
        "--quiet prints nothing but errors, whatever the command, before it or after it, with --json or not")
    func quiet() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        let key = try await Program(
            path: "/usr/bin/openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            in: folder.path
        )
        .end()
        try folder.write(key.output, to: "operator.key")
        let (first, second, pair) = try await People.texting(port: port)
        defer { withExtendedLifetime([first, second]) {} }
        let ids = try await names(in: folder, port: port, pair: pair)

        let leaves = Set(try await HelpTree.of(folder).leaves.map { $0.path.joined(separator: " ") })
        let covered = leaves.filter { leaf in
            Self.table.contains { $0.joined(separator: " ").hasPrefix(leaf) }
        }
        // There is no endpoint here to send events to again; see HookTests.
        #expect(leaves.subtracting(covered).subtracting(Self.others) == ["hook enable"])

        for (index, line) in Self.table.enumerated() {
            let command = line.map { ids[$0] ?? $0 }
            let calls = [["--quiet"] + command, command + ["--quiet", "--json"]]
            // What can be done only once is done once.
            let isOnce = ["ban remove", "appeal decide", "case export", "pair cut"]
                .contains(line.prefix(2).joined(separator: " "))
            for call in isOnce ? [calls[index % 2]] : calls {
                let state = try await Program.run("tidegatectl", call, in: folder.path)
                // doctor warns by its status alone.
                #expect(
                    state.status == 0 || (call.contains("doctor") && state.status == 3), "\(call): \(state)")
                #expect(state.output.isEmpty && state.errors.isEmpty, "\(call): \(state)")
            }
        }
        let wrong = try await Program.runEach(
            "tidegatectl",
            [
                ["--quiet", "pair", "cut", "nobody"], ["--quiet", "config", "check", "none.toml"],
                ["top", "--quiet"],
            ],
            in: folder.path)
        #expect(wrong.map(\.status) == [1, 1, 64])
        #expect(wrong.allSatisfy { $0.output.isEmpty && !$0.errors.isEmpty })
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    /// A pair, one of its peers, and a report that was decided with a ban, which somebody objects to.
    private func names(in folder: ProgramFolder, port: Int, pair: String) async throws -> [String: String] {
        func json(_ arguments: [String]) async throws -> JSONValue {
            let state = try await Program.run("tidegatectl", arguments + ["--json"], in: folder.path)
            try #require(state.status == 0, "\(state)")
            return try JSONDecoder().decode(JSONValue.self, from: Data(state.output.utf8))
        }
        let (reporter, reported, _) = try await People.texting(port: port)
        reporter.send("report", ["reason": "spam"])
        let report = try #require(try await reporter.expect("report_received")["report"]?.string)
        let decision = try await json([
            "report", "decide", report, "--outcome", "upheld", "--action", "ban", "--ground", "g", "--facts",
            "f",
        ])
        withExtendedLifetime(reported) {}
        let appellant = try await SignallingClient.connect(port: port)
        appellant.send("appeal", ["decision": try #require(decision["decision"]), "comment": "no"])
        _ = try await appellant.expect("appeal_received")
        let peers = try await json(["pair", "show", pair])
        return [
            "@pair": pair, "@report": report, "@ban": try #require(decision["ban"]?.string),
            "@peer": try #require(peers["peers"]?[0]?["peer"]?.string),
            "@appeal": try #require(try await json(["appeal", "list"])["appeals"]?[0]?["appeal"]?.string),
        ]
    }
}
