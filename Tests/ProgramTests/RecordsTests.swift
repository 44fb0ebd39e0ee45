import Foundation
import RelayTestKit
import Testing

@Suite("A report and what comes of it, with the programs as built", .serialized)
struct RecordsTests {
    // RFC 7748 section 6.1, Alice.
    private static let sealKey = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq
        -----END PRIVATE KEY-----

        """
    private static let publicSealKey = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
        -----END PUBLIC KEY-----

        """

    /// A server, and what an operator called Ada does.
    private struct Desk {
        let folder: ProgramFolder
        let server: Program
        let port: Int

        func run(_ arguments: String...) async throws -> Program.State {
            try await Program.run("tidegatectl", ["--as", "Ada"] + arguments, in: folder.path)
        }

        /// What is printed must fit a terminal.
        func shown(_ arguments: String...) async throws -> String {
            let state = try await Program.run("tidegatectl", ["--as", "Ada"] + arguments, in: folder.path)
            #expect(state.status == 0, "\(arguments): \(state.errors)")
            for line in state.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            return state.output
        }

        func json(_ arguments: String...) async throws -> JSONValue {
            let state = try await Program.run(
                "tidegatectl", ["--as", "Ada"] + arguments + ["--json"], in: folder.path)
            #expect(state.status == 0, "\(arguments): \(state.errors)")
            return try JSONDecoder().decode(JSONValue.self, from: Data(state.output.utf8))
        }
    }

    private func desk() async throws -> Desk {
        let folder = try ProgramFolder(
            ProgramFolder.development + "[records]\nseal_key = \"seal.pub\"\n")
        try folder.write(Self.sealKey, to: "seal.key")
        try folder.write(Self.publicSealKey, to: "seal.pub")
        let server = try folder.start()
        return Desk(folder: folder, server: server, port: try await server.ready().http)
    }

    /// An adult in the pool of text-only people.
    private func adult(_ port: Int) async throws -> SignallingClient {
        let client = try await SignallingClient.connect(port: port)
        client.send("hello", ["version": 1])
        let nonce = try #require(try await client.expect("welcome")["nonce"]?.string)
        client.send("attest", ["token": .text(try await People.token(nonce, port: port))])
        _ = try await client.expect("age")
        client.send("join", ["media": "text"])
        _ = try await client.expect("queued")
        return client
    }

    /// Two meet, one says something, the other reports it.
    private func report(_ desk: Desk) async throws -> (reported: SignallingClient, report: String) {
        let (first, second) = (try await adult(desk.port), try await adult(desk.port))
        let pair = try #require(try await first.expect("matched")["pair"])
        _ = try await second.expect("matched")
        first.send("chat", ["text": "give me your <b>address</b>", "pair": pair])
        _ = try await second.expect("chat")
        second.send("report", ["reason": "threat", "comment": "he frightens me"])
        let report = try #require(try await second.expect("report_received")["report"]?.string)
        return (first, report)
    }

    @Test("is read, decided, appealed against, reversed, exported, and all of it is in the audit log")
    func course() async throws {
        let desk = try await desk()
        let (reported, report) = try await report(desk)
        #expect(try await desk.shown("report", "list").contains(report))
        let text = try await desk.shown("report", "show", report)
        #expect(text.contains("give me your <b>address</b>") && text.contains("he frightens me"))
        let shown = try await desk.json("report", "show", report)
        #expect(shown["chat"]?[0]?["from"] == "reported" && shown["origin"] == "SOURCE_ARTICLE_16")

        let nobody = try await desk.run(
            "report", "decide", "nobody", "--outcome", "upheld", "--ground", "g", "--facts", "f")
        #expect(nobody.status == 1 && nobody.errors.split(separator: "\n").count == 1, "\(nobody.errors)")
        let factless = try await desk.run(
            "report", "decide", report, "--outcome", "upheld", "--ground", "rule 3", "--facts", "")
        #expect(factless.status != 0 && factless.errors.contains("--facts"))
        let decided = try await desk.json(
            "report", "decide", report, "--outcome", "upheld", "--action", "ban", "--ground", "rule 3",
            "--facts", "asked for an address")
        let decision = try #require(decided["decision"]?.string)
        let told = try await reported.expect("banned")
        #expect(told["decision"]?.string == decision && told["statement"]?["ground"] == "rule 3")
        #expect(try await desk.shown("report", "list") == "no reports\n")

        let appellant = try await SignallingClient.connect(port: desk.port)
        appellant.send(
            "appeal",
            ["decision": try #require(decided["decision"]), "comment": "it was a quote from a film"])
        _ = try await appellant.expect("appeal_received")
        let appeals = try await desk.json("appeal", "list")
        let appeal = try #require(appeals["appeals"]?[0]?["appeal"]?.string)
        #expect(try await desk.shown("appeal", "list").contains("a film"))
        let reversed = try await desk.shown(
            "appeal", "decide", appeal, "--outcome", "reversed", "--ground", "rule 3", "--facts", "a quote")
        #expect(reversed.contains("lifted: "))
        #expect(try await desk.shown("ban", "list") == "no bans\n")

        try await exported(desk, report)
        let log = try await desk.shown("audit", "show")
        for act in ["report.read", "decision.made", "appeal.decided", "case.hold", "case.export", "Ada"] {
            #expect(log.contains(act), "\(act)")
        }
        #expect(try await desk.shown("audit", "verify").contains("sound"))
        #expect(try await desk.shown("retention", "status").contains("legal_hold"))
        #expect(try await desk.shown("retention", "run", "--dry-run").hasPrefix("would delete "))
    }

    /// The export holds what it says, and openssl alone can check it.
    private func exported(_ desk: Desk, _ report: String) async throws {
        func sh(_ command: String) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", command]
            process.currentDirectoryURL = URL(filePath: desk.folder.path)
            process.standardOutput = Pipe()
            process.standardError = Pipe()
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        _ = try await desk.shown("case", "hold", report, "--reason", "court order 12/26")
        #expect(
            try sh("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out operator.key") == 0)
        let wrong = try await desk.run(
            "case", "export", report, "--to", "case", "--sign-key", "operator.key", "--open-key", "seal.pub")
        #expect(wrong.status == 1 && wrong.errors.contains("seal.pub"), "\(wrong.errors)")
        #expect(!FileManager.default.fileExists(atPath: desk.folder.path + "/case"))
        _ = try await desk.shown(
            "case", "export", report, "--to", "case", "--sign-key", "operator.key", "--open-key", "seal.key")
        let addresses = try JSONDecoder()
            .decode(
                JSONValue.self,
                from: Data(contentsOf: URL(filePath: desk.folder.path + "/case/addresses.json")))
        #expect(addresses[0]?["address"] == "127.0.0.1" && addresses[0]?["event"] == "hello")
        let verify = "openssl dgst -sha256 -verify public.pem -signature SHA256SUMS.sig SHA256SUMS"
        #expect(try sh("cd case && sha256sum -c SHA256SUMS && \(verify)") == 0)
        let path = URL(filePath: desk.folder.path + "/case/case.json")
        let content = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: path))
        #expect(content["report"]?["report"]?.string == report)
        #expect(content["report"]?["comment"] == "he frightens me")
        #expect(content["report"]?["decisions"]?[1]?["outcome"] == "rejected")
        let page = try String(contentsOfFile: desk.folder.path + "/case/case.html", encoding: .utf8)
        #expect(page.contains("&lt;b&gt;address&lt;/b&gt;") && !page.contains("<b>address"))
        let again = try await desk.run(
            "case", "export", report, "--to", "case", "--sign-key", "operator.key")
        #expect(again.status == 1 && again.errors.contains("not empty"))
    }

    @Test("a log that was changed on disk is found by the tool, with the number of the entry")
    func tampered() async throws {
        let desk = try await desk()
        let (_, report) = try await report(desk)
        for _ in 0..<3 { _ = try await desk.shown("report", "show", report) }
        let head = try #require(
            try await desk.shown("audit", "verify").split(separator: "\n").last?.split(separator: " ").last)
        desk.server.signal(SIGTERM)
        #expect(try await desk.server.end().status == 0)

        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/sqlite3")
        // Somebody who may write the file may drop its triggers too.
        process.arguments = [
            desk.folder.path + "/run/tidegate.sqlite",
            """
            SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger';
            """,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let drops = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let change = Process()
        change.executableURL = URL(filePath: "/usr/bin/sqlite3")
        change.arguments = [
            desk.folder.path + "/run/tidegate.sqlite",
            drops + "UPDATE audit_entry SET who = 'Eve' WHERE number = 3;",
        ]
        try change.run()
        change.waitUntilExit()
        #expect(change.terminationStatus == 0)

        let server = try desk.folder.start()
        _ = try await server.ready()
        for arguments in [["audit", "verify"], ["audit", "verify", "--head", String(head)]] {
            let state = try await Program.run("tidegatectl", arguments, in: desk.folder.path)
            #expect(state.status == 1 && state.output.contains("entry 3: "), "\(state.output)\(state.errors)")
            #expect(state.output.contains("NOT SOUND"))
        }
    }
}
