import Foundation
import RelayTestKit
import Testing

@Suite("An operator with a live pair")
struct LivePairTests {
    @Test("sees it, holds it, releases it and cuts it, and the two are told each time")
    func pair() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let (first, second, pair) = try await People.texting(port: try await server.ready().http)
        func run(_ arguments: String...) async throws -> Program.State {
            try await Program.run("tidegatectl", arguments, in: folder.path)
        }

        let list = try await run("pair", "list")
        #expect(list.status == 0)
        #expect(list.output.contains(pair))
        for line in list.output.split(separator: "\n") { #expect(line.count <= 80) }
        #expect(try await run("pair", "list", "--hold", "risk").output == "no pairs\n")

        let show = try await run("pair", "show", pair, "--json")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(show.output.utf8))
        let peer = try #require(report["peers"]?[0]?["peer"]?.string)
        #expect(report["peers"]?[0]?["gates"]?["chat"]?.strings?.contains("age_self") == true)
        #expect(try await run("pair", "show", pair).output.contains(peer))
        #expect(try await run("pair", "list", "--peer", peer).output.contains(pair))

        #expect(
            try await run("pair", "hold", pair, "--dry-run").output
                .hasPrefix("would hold \(pair) for 'moderator'\n"))
        let hold = try await run("pair", "hold", pair, "--from", peer, "--channel", "chat")
        #expect(hold.status == 0, "\(hold.errors)")
        #expect(hold.output.hasPrefix("held \(pair), chat only, from \(peer) only, in force after "))
        let isHeld: @Sendable (SignallingClient.Message) -> Bool = { message in
            ["inbound", "outbound"].contains { message[$0]?["chat"]?.strings?.contains("moderator") == true }
        }
        _ = try await first.expect("gate", where: isHeld)
        _ = try await second.expect("gate", where: isHeld)

        #expect(try await run("pair", "hold", pair, "--from", "somebody").status == 1)
        #expect(try await run("pair", "release", pair).status == 0)
        _ = try await first.expect("gate", where: { !isHeld($0) })

        let cut = try await run("pair", "cut", pair, "--reason", "spam")
        #expect(cut.status == 0)
        #expect(cut.output.hasPrefix("cut \(pair), in force after "))
        for client in [first, second] {
            let told = try await client.expect("cut")
            #expect(told["why"] == "moderator")
            #expect(told["pair"]?.string == pair)
        }
        #expect(try await run("pair", "cut", pair).status == 1)
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("works over TCP with the token, and not without")
    func tcp() async throws {
        let folder = try ProgramFolder(
            ProgramFolder.development
                + "[admin]\nsocket = \"\"\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n")
        try folder.write(String(repeating: "k", count: 40) + "\n", to: "token")
        try folder.write(String(repeating: "x", count: 40) + "\n", to: "wrong")
        let server = try folder.start()
        let url = "http://" + (try await server.ready().admin)
        func status(_ token: String) async throws -> Program.State {
            try await Program.run(
                "tidegatectl", ["status", "--url", url, "--token-file", token], in: folder.path)
        }
        #expect(try await status("token").status == 0)
        let refused = try await status("wrong")
        #expect(refused.status == 1)
        #expect(refused.errors == "tidegatectl: the server does not take this token\n")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("the development issuer proves an age to the whole server: the band comes, and age_self goes")
    func age() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        let client = try await SignallingClient.connect(port: port)
        client.send("hello", ["version": 1])
        let nonce = try #require(try await client.expect("welcome")["nonce"]?.string)
        client.send("attest", ["token": .text(try await People.token(nonce, port: port))], id: 7)
        let age = try await client.expect("age")
        #expect(age["band"] == "adult")
        #expect(age["re"] == 7)
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}
