import Foundation
import RelayTestKit
import Testing

/// A server with two people at synthetic browsers, and an operator called Ada.
struct Watched {
    let folder: ProgramFolder
    let server: Program
    let port: Int

    /// - Parameter log: the `[log]` section.
    static func open(log: String = "") async throws -> Watched {
        let folder = try ProgramFolder(ProgramFolder.development + log)
        let server = try folder.start()
        return Watched(folder: folder, server: server, port: try await server.ready().http)
    }

    func run(_ arguments: String...) async throws -> Program.State {
        try await Program.run("tidegatectl", ["--as", "Ada"] + arguments, in: folder.path)
    }

    func json(_ arguments: String...) async throws -> JSONValue {
        let state = try await Program.run(
            "tidegatectl", ["--as", "Ada"] + arguments + ["--json"], in: folder.path)
        try #require(state.status == 0, "\(arguments): \(state.errors)")
        return try JSONDecoder().decode(JSONValue.self, from: Data(state.output.utf8))
    }

    func token(_ nonce: String) async throws -> String {
        try await People.token(nonce, port: port)
    }

    /// Two who see each other.
    func couple(log secrets: (String) -> Void = { _ in }) async throws -> (Visitor, Visitor) {
        var people: [Visitor] = []
        for id in 1...2 {
            let visitor = try await Visitor.arrive(
                port: port, BrowserConfiguration(senderID: UInt32(id)))
            secrets(visitor.nonce)
            let token = try await token(visitor.nonce)
            secrets(token)
            try await visitor.attest(token)
            visitor.signalling.send("join")
            let offer = try #require(try await visitor.signalling.expect("offer")["sdp"]?.string)
            let answer = try visitor.browser.answer(offer)
            for sdp in [offer, answer] { for secret in Self.secrets(of: sdp) { secrets(secret) } }
            visitor.signalling.send("answer", ["sdp": .text(answer)])
            _ = try await visitor.signalling.expect("connected")
            people.append(visitor)
        }
        for visitor in people { try await visitor.meet() }
        for visitor in people { visitor.accept() }
        for visitor in people { try await visitor.allOpen() }
        return (people[0], people[1])
    }

    /// What of an SDP must be nowhere: credentials, fingerprints, candidates, and every line as it is.
    private static func secrets(of sdp: String) -> [String] {
        sdp.split(whereSeparator: \.isNewline)
            .flatMap { line -> [String] in
                let line = String(line)
                guard line.hasPrefix("a=") || line.hasPrefix("o=") else { return [] }
                let value = line.split(separator: ":", maxSplits: 1).dropFirst().first.map(String.init)
                let isSecret = ["a=ice-pwd", "a=ice-ufrag", "a=fingerprint", "a=candidate", "a=ssrc"]
                    .contains { line.hasPrefix($0) }
                // Four characters may stand anywhere by chance.
                return [line] + (isSecret && (value?.count ?? 0) >= 8 ? [value ?? line] : [])
            }
            .filter { $0.count >= 8 }
    }

    func stop() async throws -> Program.State {
        server.signal(SIGTERM)
        return try await server.end()
    }
}

@Suite("The log of a whole session, at its most talkative", .serialized)
struct QuietLogTests {
    @Test(
        "has no SDP, password, token, nonce, chat text, comment or whole address",
        arguments: ["text", "json"])
    func grep(format: String) async throws {
        let watched = try await Watched.open(log: "[log]\nlevel = \"trace\"\nformat = \"\(format)\"\n")
        var secrets: Set<String> = []
        let (first, second) = try await watched.couple { secrets.insert($0) }
        secrets.insert("my street is Blossom Row 7")
        first.signalling.send(
            "chat", ["text": "my street is Blossom Row 7", "pair": .text("\(first.pair)")])
        _ = try await second.signalling.expect("chat")
        secrets.insert("he frightens me so")
        second.signalling.send(
            "report",
            ["reason": "threat", "comment": "he frightens me so", "pair": .text("\(second.pair)")])
        let report = try #require(
            try await second.signalling.expect("report_received")["report"]?.string)
        let decided = try await watched.json(
            "report", "decide", report, "--outcome", "upheld", "--action", "ban", "--ground", "rule 3",
            "--facts", "the facts of the case")
        secrets.insert("the facts of the case")
        _ = try await first.signalling.expect("banned")
        let appellant = try await SignallingClient.connect(port: watched.port)
        secrets.insert("it was only a film quote")
        appellant.send(
            "appeal",
            [
                "decision": try #require(decided["decision"]),
                "comment": "it was only a film quote",
            ])
        _ = try await appellant.expect("appeal_received")
        // Also those that are refused.
        let stranger = try await SignallingClient.connect(port: watched.port)
        stranger.send("hello", ["version": 1, "resume": "a-resume-token-of-somebody"])
        secrets.insert("a-resume-token-of-somebody")
        _ = try await stranger.expect("welcome")
        stranger.send("attest", ["token": "eyJhbGciOiJub25lIn0.e30.signature-of-nobody"])
        secrets.insert("signature-of-nobody")
        _ = try await stranger.expect("error")
        stranger.send("join")
        _ = try await stranger.expect("offer")
        stranger.send("answer", ["sdp": "v=0\r\na=ice-pwd:a-password-of-nobody-else\r\n"])
        secrets.insert("a-password-of-nobody-else")
        _ = try await stranger.expect("error")
        for client in [first.signalling, second.signalling, stranger] {
            for message in client.heard {
                for name in ["resume", "nonce", "receipt"] {
                    if let secret = message[name]?.string { secrets.insert(secret) }
                }
            }
        }
        first.browser.close()
        second.browser.close()
        let log = try await watched.stop().errors
        // It did log: one line for each step of the way.
        for step in [
            "connected", "attested", "joined", "offer sent", "answer taken", "leg up", "path found", "queued",
            "matched", "accepted", "gates changed", "reported", "pair ended", "cut in force", "banned",
            "decided", "appealed", "attestation refused", "answer refused",
        ] {
            let line = format == "json" ? "\"message\":\"\(step)\"" : ": \(step) "
            #expect(log.contains(line) || log.contains(": \(step)\n"), "\(step)")
        }
        #expect(secrets.count > 40)
        for secret in secrets { #expect(!log.contains(secret), "\(secret)") }
        // Of addresses only the server's own.
        for line in log.split(separator: "\n") where line.contains("127.0.0.1") {
            let isOwn = line.contains("listening on") || line.contains("development is true")
            #expect(isOwn && !line.contains("tidegate.switchboard"), "\(line)")
        }
        #expect(log.contains("127.0.0.0"), "shortened, it may stand there")
        if format == "json" {
            for line in log.split(separator: "\n") {
                _ = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
            }
        }
    }
}

@Suite("A log that nobody reads")
struct UnreadLogTests {
    @Test("stops nobody: the server goes on letting people in")
    func unread() async throws {
        let folder = try ProgramFolder()
        // A pipe with 64 KiB of room, open at both ends, of which nothing is ever taken.
        let program = Program.folder.appending(path: "tidegate").path
        let server = try Program(
            "/bin/sh",
            ["-c", "mkfifo log && exec 3<>log && exec '\(program)' serve --config tidegate.toml 2>&3"],
            in: folder.path)
        let port = try await server.ready().http
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        let client = try await People.arrival(port: port)
                        _ = try await client.expect("welcome")
                        client.close()
                        _ = try await client.closure()
                    }
                }
            }
            try await group.waitForAll()
        }
        let status = try await Program.run("tidegatectl", ["status"], in: folder.path)
        #expect(status.status == 0, "\(status.errors)")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}

@Suite("Somebody at three in the morning, with the programs as built", .serialized)
struct EyesTests {
    @Test("explain tells a live pair in order of time, and the same one after a cut")
    func explain() async throws {
        let watched = try await Watched.open()
        let (first, second) = try await watched.couple()
        _ = await second.record.wait { !$0.streams.isEmpty }
        let pair = "\(first.pair)"
        let live = try await watched.run("explain", pair)
        #expect(live.status == 0, "\(live.errors)")
        for line in live.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        let story = live.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in [
            "A proved its age: adult", "A's media path is up: ICE found a way, and DTLS is done",
            "A and B were matched, with video", "A agreed to see and be seen", "DTLSv1.2",
            "packets forwarded",
        ] {
            #expect(story.contains(words), "\(words) in \(live.output)")
        }
        _ = try await watched.run("pair", "hold", pair, "--reason", "I look")
        let held = try await watched.run("explain", pair).output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(held.contains("B does not see A: operator Ada holds it (I look)."), "\(held)")
        _ = try await watched.run("pair", "cut", pair, "--reason", "enough")
        let told = try await watched.json("explain", pair)
        #expect(told["state"] == "ended")
        #expect(told["verdict"]?[0]?["text"] == "Neither sees the other any more: an operator cut it.")
        let events = told["lines"]?.elements?.compactMap { $0["event"]?.string } ?? []
        for (before, after) in [
            ("connected", "attested"), ("attested", "leg_up"), ("leg_up", "matched"),
            ("matched", "accepted"), ("accepted", "ordered"), ("ordered", "pair_ended"),
        ] {
            let (one, other) = (events.firstIndex(of: before), events.lastIndex(of: after))
            #expect(one ?? .max < other ?? -1, "\(before) comes before \(after): \(events)")
        }
        #expect((told["packets"]?[0]?["forwarded"]?["packets"]?.int ?? 0) > 0)
        let peer = try await watched.run("explain", "\(first.peer)")
        #expect(peer.status == 0 && peer.output.contains("The peer sees nobody"), "\(peer.output)")
        let unknown = try await watched.run("explain", "nobody")
        #expect(unknown.status == 1)
        #expect(
            unknown.errors
                == "tidegatectl: there is no such pair or peer, and there was none in the last 24 h\n")
        for visitor in [first, second] { visitor.browser.close() }
        #expect(try await watched.stop().status == 0)
    }

    @Test("peers are listed and shown, with addresses shortened")
    func peers() async throws {
        let watched = try await Watched.open()
        let (first, second) = try await watched.couple()
        let list = try await watched.run("peer", "list")
        #expect(list.output.contains("\(first.peer)") && list.output.contains("paired"))
        for line in list.output.split(separator: "\n") { #expect(line.count <= 80) }
        #expect(try await watched.run("peer", "list", "--state", "away").output == "no peers\n")
        let shown = try await watched.json("peer", "show", "\(second.peer)")
        #expect(shown["band"] == "adult" && shown["pair"]?.string == "\(second.pair)")
        #expect(shown["leg"]?["path"]?["address"] == "127.0.0.0")
        let text = try await watched.run("peer", "show", "\(second.peer)").output
        #expect(text.contains("connected, worker 0, connected, 127.0.0.0, DTLSv1.2"), "\(text)")
        #expect(try await watched.run("peer", "show", "nobody").status == 1)
        #expect(try await watched.run("peer", "list", "--state", "asleep").status != 0)
        for visitor in [first, second] { visitor.browser.close() }
        #expect(try await watched.stop().status == 0)
    }

    @Test(
        "events are told as they happen, as lines and as JSON, and end with a sentence when the server goes")
    func events() async throws {
        let watched = try await Watched.open()
        let plain = try Program("tidegatectl", ["events", "--follow"], in: watched.folder.path)
        let json = try Program(
            "tidegatectl", ["events", "--follow", "--json", "--kind", "matched,pair_ended"],
            in: watched.folder.path)
        // Both follow once they are told of somebody who comes; until then more come.
        var people: [SignallingClient] = []
        for _ in 0..<200 where !plain.state.value.output.contains("connected: ") {
            let client = try await SignallingClient.connect(port: watched.port)
            client.send("hello", ["version": 1])
            _ = try await client.expect("welcome")
            people.append(client)
        }
        var pairs = 0
        while json.state.value.output.isEmpty, pairs < 100 {
            for _ in 0..<2 {
                let client = try await SignallingClient.connect(port: watched.port)
                client.send("hello", ["version": 1])
                _ = try await client.expect("welcome")
                client.send("join", ["media": "text"])
                people.append(client)
            }
            _ = try await people[people.count - 1].expect("matched")
            pairs += 1
        }
        try #require(await json.state.wait { $0.output.contains("\n") })
        let line = try #require(json.state.value.output.split(separator: "\n").first)
        let event = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        #expect(event["event"] == "matched" && event["first"]?.string != nil && event["number"] != nil)
        #expect(await plain.state.wait { $0.output.contains(" matched: ") })
        #expect(try await watched.stop().status == 0)
        for program in [plain, json] {
            let end = try await program.end()
            #expect(end.status == 2)
            #expect(end.errors == "tidegatectl: the server at run/tidegate.sock has gone\n")
        }
    }

    @Test("events --reconnect waits until the server is back, and tells what it has missed meanwhile")
    func reconnect() async throws {
        let watched = try await Watched.open()
        let follower = try Program(
            "tidegatectl", ["events", "--follow", "--reconnect", "--kind", "connected"],
            in: watched.folder.path)
        var people: [SignallingClient] = []
        for _ in 0..<200 where follower.state.value.output.isEmpty {
            people.append(try await People.arrival(port: watched.port))
            _ = try await people[people.count - 1].expect("welcome")
        }
        #expect(try await watched.stop().status == 0)
        #expect(await follower.state.wait { $0.errors.contains("has gone; waiting for it") })
        let again = try watched.folder.start()
        let late = try await People.arrival(port: try await again.ready().http)
        let peer = try #require(try await late.expect("welcome")["peer"]?.string)
        #expect(await follower.state.wait { $0.output.contains(peer) })
        follower.signal(SIGTERM)
        _ = try await follower.end()
        again.signal(SIGTERM)
        #expect(try await again.end().status == 0)
    }

    @Test("events needs --follow, a server, a right token and a kind that there is: a sentence each")
    func badEvents() async throws {
        let folder = try ProgramFolder(
            ProgramFolder.development
                + "[admin]\nsocket = \"\"\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n")
        try folder.write(String(repeating: "k", count: 40) + "\n", to: "token")
        try folder.write(String(repeating: "x", count: 40) + "\n", to: "wrong")
        let nobody = try await Program.run("tidegatectl", ["events", "--follow"], in: folder.path)
        #expect(nobody.status == 2 && nobody.errors.split(separator: "\n").count == 1)
        #expect(try await Program.run("tidegatectl", ["events"], in: folder.path).errors.contains("--follow"))
        let server = try folder.start()
        let url = "http://" + (try await server.ready().admin)
        func events(_ arguments: String...) async throws -> Program.State {
            try await Program.run(
                "tidegatectl", ["events", "--follow", "--url", url, "--token-file"] + arguments,
                in: folder.path)
        }
        let refused = try await events("wrong")
        #expect(refused.status == 1)
        #expect(refused.errors == "tidegatectl: the server does not take this token\n")
        let unknown = try await events("token", "--kind", "bogus")
        #expect(unknown.status == 1 && unknown.errors.contains("there are no events 'bogus'"))
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}
