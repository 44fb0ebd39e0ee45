import Foundation
import RelayTestKit
import Testing

@Suite("tidegate serve: what other programs rely on (PROTOCOL.md section 7)")
struct ServeTests {
    @Test(
        "ready is one line on standard output; SIGTERM and SIGINT end it with 0",
        arguments: [SIGTERM, SIGINT])
    func lifetime(signal: Int32) async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let ready = try await server.ready()
        #expect(ready.media.hasPrefix("127.0.0.1:"))
        #expect(ready.admin == "run/tidegate.sock")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/run/tidegate.sock")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        server.signal(signal)
        let end = try await server.end()
        #expect(end.status == 0)
        #expect(end.output.split(separator: "\n").count == 1)
    }

    @Test("on SIGTERM everybody hears draining and 1012, and a client that does not answer does not keep it")
    func drain() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let ready = try await server.ready()
        var deaf = SignallingClient.Opening()
        deaf.answersClose = false
        let client = try await SignallingClient.connect(port: ready.http, deaf)
        client.send("hello", ["version": 1])
        #expect(try await client.expect("welcome")["resumed"] == false)
        server.signal(SIGTERM)
        #expect(try await client.expect("draining")["reconnect"] == true)
        #expect(try await client.closure().code == 1012)
        #expect(try await server.end().status == 0)
    }

    @Test("a second signal ends it at once, whoever has not answered yet")
    func impatience() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        var deaf = SignallingClient.Opening()
        deaf.answersClose = false
        let client = try await SignallingClient.connect(port: try await server.ready().http, deaf)
        server.signal(SIGTERM)
        _ = try await client.expect("draining")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 128 + SIGTERM)
    }

    @Test("it starts again over what a killed server left behind")
    func afterKill() async throws {
        let folder = try ProgramFolder()
        let first = try folder.start()
        _ = try await first.ready()
        first.signal(SIGKILL)
        #expect(try await first.end().status == -SIGKILL)
        let second = try folder.start()
        _ = try await second.ready()
        second.signal(SIGTERM)
        #expect(try await second.end().status == 0)
    }

    /// Starts a server that cannot start, and gives its one sentence.
    private func complaint(_ folder: ProgramFolder) async throws -> String {
        let end = try await folder.start().end()
        #expect(end.status == 1)
        #expect(end.output.isEmpty)
        let lines = end.errors.split(separator: "\n")
            .filter { !$0.contains(" warning ") && !$0.contains(" info ") }
        #expect(lines.count == 1, "\(end.errors)")
        return lines.first.map(String.init) ?? ""
    }

    @Test("a second server in the same place, on the same port, on the same UDP port: one sentence each")
    func taken() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let ready = try await server.ready()
        #expect(try await complaint(folder).contains("admin socket run/tidegate.sock"))

        let sameHTTP = try ProgramFolder(
            ProgramFolder.development.replacing("127.0.0.1:0", with: "127.0.0.1:\(ready.http)"))
        #expect(try await complaint(sameHTTP).contains("cannot listen on 127.0.0.1:\(ready.http)"))

        let port = try #require(ready.media.split(separator: ":").last)
        let sameMedia = try ProgramFolder(
            ProgramFolder.development.replacing("port = 0", with: "port = \(port)"))
        #expect(try await complaint(sameMedia).contains(port))
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("a database that cannot be written is one sentence")
    func database() async throws {
        let folder = try ProgramFolder(
            ProgramFolder.development + "[storage]\npath = \"tidegate.toml/below/it.sqlite\"\n")
        #expect(try await complaint(folder).contains("tidegate.toml/below/it.sqlite"))
    }

    @Test("development on an address of the network does not start")
    func exposed() async throws {
        let folder = try ProgramFolder(
            ProgramFolder.development.replacing("127.0.0.1:0", with: "0.0.0.0:0"))
        let end = try await folder.start().end()
        #expect(end.status == 1)
        #expect(end.errors.contains("http.listen"))
    }

    @Test("check-config ends with 0 or tells every problem and ends with 1")
    func checkConfig() async throws {
        let good = try ProgramFolder()
        #expect(
            try await Program.run("tidegate", ["check-config", "tidegate.toml"], in: good.path).status == 0)
        let bad = try ProgramFolder("colour = 1\n[http]\nlisten = 7\n")
        let end = try await Program.run("tidegate", ["check-config", "tidegate.toml"], in: bad.path)
        #expect(end.status == 1)
        #expect(end.errors.contains("colour"))
        #expect(end.errors.contains("http.listen"))
    }
}

@Suite("tidegatectl against a real server")
struct OperatorTests {
    @Test("status and list answer; unknown ids are 1; nobody there is 2; every complaint is one line")
    func commands() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        _ = try await server.ready()
        func run(_ arguments: String...) async throws -> Program.State {
            try await Program.run("tidegatectl", arguments, in: folder.path)
        }
        let status = try await run("status")
        #expect(status.status == 0)
        #expect(status.output.contains("workers  1\n"))
        let json = try await run("--json", "status")
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(json.output.utf8))["workers"] == 1)
        #expect(try await run("pair", "list").output == "no pairs\n")
        for command in ["cut", "hold", "release"] {
            for extra in [[], ["--dry-run"]] {
                let arguments = ["pair", command, "-bcdefghijklmnopqrst", "--reason", "spam"] + extra
                let end = try await Program.run("tidegatectl", arguments, in: folder.path)
                #expect(end.status == 1)
                #expect(end.errors == "tidegatectl: there is no such pair, or it has ended\n")
            }
        }
        #expect(try await run("pair", "show", "x/../y?z").status == 1)
        let nobody = try await run("--socket", "run/nobody.sock", "status")
        #expect(nobody.status == 2)
        #expect(nobody.errors.split(separator: "\n").count == 1)
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
        #expect(try await run("status").status == 2)
    }
}

@Suite("What the log does not say")
struct LogSecretsTests {
    /// Libraries describe what they are given, with everything inside.
    @Test("no secret at any level: not the admin token, not an attestation, not a resume token, not a chat")
    func secrets() async throws {
        let token = "0123456789-this-is-the-admin-token"
        let folder = try ProgramFolder(
            ProgramFolder.development
                + "[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n[log]\nlevel = \"trace\"\n")
        try folder.write(token, to: "token")
        let server = try folder.start()
        let client = try await SignallingClient.connect(port: try await server.ready().http)
        client.send("hello", ["version": 1])
        let resume = try #require(try await client.expect("welcome")["resume"]?.string)
        client.send("attest", ["token": "not.a.token-but-secret"])
        _ = try await client.expect("error")
        client.send("join", ["media": "text", "interests": ["whispering"]])
        _ = try await client.expect("queued")
        server.signal(SIGTERM)
        let log = try await server.end().errors
        let bytes = token.utf8.map(String.init).joined(separator: ", ")
        for secret in [token, bytes, resume, "but-secret", "whispering"] {
            #expect(!log.contains(secret), "\(secret)")
        }
        #expect(!log.contains("AdminServer("), "a library has described a service")
    }
}
