import Foundation
import Hooks
import RelayConfig
import RelayTestKit
import Testing

/// `GET /v1/hooks`, as the operator's tool prints it.
private struct HooksShown: Decodable {
    struct Events: Decodable {
        let url: String?
        let kinds: [String]
        let waiting: Int?
        let goneSince: String?
        let lastAttempt: String?
        let outcomes: [String: Int]

        private enum CodingKeys: String, CodingKey {
            case url, kinds, waiting, outcomes
            case goneSince = "gone_since"
            case lastAttempt = "last_attempt"
        }
    }

    struct Decisions: Decodable {
        struct Answers: Decodable {
            let kind: String
            let answered: [String: Int]
            let unanswered: [String: Int]
            let allowedOnError: Int

            private enum CodingKeys: String, CodingKey {
                case kind, answered, unanswered
                case allowedOnError = "allowed_on_error"
            }
        }

        let url: String?
        let kinds: [String]
        let breaker: String
        let answers: [Answers]

        func release() throws -> Answers { try #require(answers.first { $0.kind == "release" }) }
    }

    let events: Events
    let decisions: Decisions
}

extension ProgramFolder {
    fileprivate func hooks() async throws -> HooksShown {
        let state = try await control("hook", "status", "--json")
        #expect(state.status == 0, "\(state.errors)")
        return try JSONDecoder().decode(HooksShown.self, from: Data(state.output.utf8))
    }

    /// What the operator's tool says, which fits the terminal.
    fileprivate func hookTable() async throws -> String {
        let state = try await control("hook", "status")
        #expect(state.status == 0, "\(state.errors)")
        for line in state.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        return state.output
    }
}

@Suite("An operator's endpoint", .serialized)
struct HookTests {
    private static func events(_ port: Int) -> String {
        """
        [hooks]
        events_url = "http://127.0.0.1:\(port)/events?tenant=3"
        secret_file = "hooks.secret"

        """
    }

    private static func questions(_ port: Int, timeout: Double = 2, onError: String = "hold") -> String {
        """
        [hooks]
        decisions_url = "http://127.0.0.1:\(port)/ask"
        decisions = ["release"]
        timeout = \(timeout)
        on_error = "\(onError)"
        secret_file = "hooks.secret"

        """
    }

    /// Two who have proved their ages and meet by text.
    private func meet(port: Int) async throws -> (SignallingClient, SignallingClient, pair: String) {
        var clients: [SignallingClient] = []
        for _ in 0..<2 {
            let client = try await People.arrival(port: port)
            let nonce = try #require(try await client.expect("welcome")["nonce"]?.string)
            client.send("attest", ["token": .text(try await People.token(nonce, port: port))])
            _ = try await client.expect("age")
            client.send("join", ["media": "text"])
            clients.append(client)
        }
        let pair = try #require(try await clients[0].expect("matched")["pair"]?.string)
        #expect(try await clients[1].expect("matched")["pair"]?.string == pair)
        return (clients[0], clients[1], pair)
    }

    /// The `gate` that says that what one may write is held for this, or open.
    private func gate(_ client: SignallingClient, chat holds: [String]) async throws {
        _ = try await client.expect("gate", atMost: 60) {
            $0["outbound"]?["chat"]?.strings == holds && $0["inbound"]?["chat"]?.strings == holds
        }
    }

    @Test("can be told and asked what the configuration says, and nothing else")
    func kinds() {
        #expect(HooksSection.eventKinds == HookEventKind.allCases.map(\.rawValue))
        #expect(HooksSection.decisionKinds == HookDecisionKind.allCases.map(\.rawValue))
    }

    @Test("hears what has happened while it was away, signed, though the server was killed meanwhile")
    func events() async throws {
        let folder = try ProgramFolder()
        let away = try await HookEndpoint(in: folder)
        try await away.end()
        try folder.write(ProgramFolder.development + Self.events(away.port), to: "tidegate.toml")
        let first = try folder.start()
        let people = try await People.texting(port: try await first.ready().http)
        defer { withExtendedLifetime(people) {} }
        let (ada, pair) = (people.0, people.pair)
        #expect(try await folder.control("pair", "hold", pair, "--reason", "look").status == 0)
        ada.send("report", ["reason": "spam"])
        let report = try #require(try await ada.expect("report_received")["report"]?.string)
        // Two have joined, matched, been held, reported and parted: six events at least.
        #expect(
            try await poll {
                let hooks = try await folder.hooks()
                return hooks.events.waiting ?? 0 >= 6 && hooks.events.outcomes["failed"] ?? 0 > 0
            })
        first.signal(SIGKILL)
        #expect(try await first.end().status == -SIGKILL)

        let endpoint = try await HookEndpoint(in: folder, port: away.port)
        let second = try folder.start()
        _ = try await second.ready()
        for kind in ["peer.joined", "pair.matched", "gate.changed", "report.received", "pair.ended"] {
            _ = try await endpoint.request(atMost: 90, kind) { $0.type == kind }
        }
        #expect(
            try await poll(atMost: 90) { try await folder.hooks().events.waiting == 0 })
        let heard = endpoint.requests
        #expect(heard.allSatisfy { $0.isSigned && $0.path == "/events?tenant=3" && $0.status == 204 })
        func of(_ type: String) -> [HookEndpoint.Request] { heard.filter { $0.type == type } }
        // Each event has an id of its own, whatever happened on the way.
        let ids = Set(heard.map(\.id))
        #expect(ids.count == Set(heard.map { "\($0.type) \($0.timestamp) \($0.data)" }).count)
        #expect(Set(of("peer.joined").map { $0.data["peer"]?.string }).count == 2)
        let matched = try #require(of("pair.matched").first)
        #expect(matched.data["pair"]?.string == pair && matched.data["media"] == "text")
        #expect(matched.data["peers"]?.elements?.count == 2)
        let held = try #require(
            of("gate.changed")
                .first { $0.data["gates"]?[0]?["holds"]?.strings?.contains("moderator") == true })
        #expect(held.data["gates"]?.elements?.allSatisfy { $0["open"] == false } == true)
        let told = try #require(of("report.received").first)
        #expect(told.data["report"]?.string == report && told.data["reason"] == "spam")
        let ended = try #require(of("pair.ended").first)
        #expect(ended.data["pair"]?.string == pair && ended.data["reason"] == "report")
        second.signal(SIGTERM)
        #expect(try await second.end().status == 0)
    }

    @Test("decides whether two may write to each other: hold, then allow")
    func release() async throws {
        let folder = try ProgramFolder()
        let endpoint = try await HookEndpoint(in: folder, ["decide.release": "hold"])
        try folder.write(ProgramFolder.development + Self.questions(endpoint.port), to: "tidegate.toml")
        let server = try folder.start()
        let (first, second, pair) = try await meet(port: try await server.ready().http)
        try await gate(first, chat: ["policy"])
        try await gate(second, chat: ["policy"])
        let question = try await endpoint.request("question") { $0.type == "decide.release" }
        #expect(question.isSigned && question.path == "/ask" && question.data["pair"]?.string == pair)
        #expect(question.data["peers"]?.elements?.count == 2)
        #expect(question.data["peers"]?[0]?["band"] == "adult")
        let gates = try #require(question.data["gates"]?.elements)
        #expect(gates.count { $0["channel"] == "chat" } == 2)
        #expect(try await poll { try await folder.hooks().decisions.release().answered["hold"] ?? 0 > 0 })
        first.send("chat", ["text": "hello", "pair": .text(pair)])
        #expect(try await first.expect("error")["code"] == "chat_held")

        try endpoint.answer(["decide.release": "allow"])
        try await gate(first, chat: [])
        try await gate(second, chat: [])
        first.send("chat", ["text": "hello", "pair": .text(pair)])
        #expect(try await second.expect("chat")["text"] == "hello")
        let shown = try await folder.hooks()
        #expect(shown.decisions.breaker == "closed" && shown.decisions.kinds == ["release"])
        #expect(try await folder.hookTable().contains("QUESTION  ALLOW"))
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test(
        "does not answer: what it should decide stays shut, and opens only where the configuration wants it so"
    )
    func silence() async throws {
        let folder = try ProgramFolder()
        let endpoint = try await HookEndpoint(in: folder, ["decide.release": "silence"])
        func configure(_ onError: String) throws {
            try folder.write(
                ProgramFolder.development + Self.questions(endpoint.port, timeout: 0.05, onError: onError),
                to: "tidegate.toml")
        }
        try configure("hold")
        let server = try folder.start()
        let (first, second, _) = try await meet(port: try await server.ready().http)
        try await gate(first, chat: ["policy"])
        #expect(
            try await poll { try await folder.hooks().decisions.release().unanswered["timeout"] ?? 0 > 0 })
        #expect(first.heard.allSatisfy { $0["outbound"]?["chat"] != [] })
        #expect(try await folder.hooks().decisions.release().allowedOnError == 0)

        try configure("allow")
        let reload = try await folder.control("reload")
        #expect(reload.status == 0 && reload.output.contains("hooks.on_error"), "\(reload)")
        try await gate(first, chat: [])
        try await gate(second, chat: [])
        let answers = try await folder.hooks().decisions.release()
        #expect(answers.allowedOnError > 0 && answers.answered.values.allSatisfy { $0 == 0 })
        server.signal(SIGTERM)
        let end = try await server.end()
        #expect(end.status == 0 && end.errors.contains("what a hook does not answer opens"))
    }

    @Test("says 410: nothing more is sent until somebody enables it, and then everything")
    func gone() async throws {
        let folder = try ProgramFolder()
        let endpoint = try await HookEndpoint(in: folder, ["events": 410])
        try folder.write(ProgramFolder.development + Self.events(endpoint.port), to: "tidegate.toml")
        let server = try folder.start()
        let people = try await People.texting(port: try await server.ready().http)
        defer { withExtendedLifetime(people) {} }
        let pair = people.pair
        #expect(try await poll { try await folder.hooks().events.goneSince != nil })
        let table = try await folder.hookTable()
        #expect(table.contains("it wants no more since") && table.contains("hook enable"))
        #expect(!table.contains("tenant"))
        let doctor = try await folder.control("doctor", "--json")
        let checks = try JSONDecoder().decode(JSONValue.self, from: Data(doctor.output.utf8))["checks"]
        let check = try #require(checks?.elements?.first { $0["check"] == "hooks" })
        #expect(check["verdict"] == "bad" && check["remedy"]?.string?.contains("hook enable") == true)

        let told = try await folder.control("hook", "enable", "--dry-run")
        #expect(told.status == 0 && told.output.hasPrefix("would send events again to http://127.0.0.1:"))
        #expect(try await folder.hooks().events.goneSince != nil)
        try endpoint.answer(["events": 204])
        let enabled = try await folder.control("hook", "enable", "--as", "nora")
        #expect(enabled.status == 0 && enabled.output.hasPrefix("events go to "), "\(enabled)")
        let matched = try await endpoint.request("match") { $0.type == "pair.matched" && $0.status == 204 }
        #expect(matched.data["pair"]?.string == pair)
        let hooks = try await folder.hooks()
        #expect(hooks.events.goneSince == nil)
        let log = try await folder.control("audit", "show", "--limit", "1000", "--json")
        let entries = try JSONDecoder().decode(JSONValue.self, from: Data(log.output.utf8))["entries"]
        let entry = try #require(entries?.elements?.first { $0["what"] == "hooks.enabled" })
        #expect(entry["who"] == "nora")
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }

    @Test("is there from one reload on, and gone from another on")
    func reload() async throws {
        let folder = try ProgramFolder()
        let endpoint = try await HookEndpoint(in: folder)
        let server = try folder.start()
        let port = try await server.ready().http
        func reload(_ hooks: String) async throws {
            try folder.write(ProgramFolder.development + hooks, to: "tidegate.toml")
            let state = try await folder.control("reload")
            #expect(state.status == 0 && state.output.contains("hooks.events_url"), "\(state)")
        }
        func joining() async throws -> String {
            let client = try await People.arrival(port: port)
            let peer = try #require(try await client.expect("welcome")["peer"]?.string)
            client.send("join", ["media": "text"])
            _ = try await client.expect("queued")
            client.send("leave")
            _ = try await client.expect("left")
            return peer
        }
        let before = try await joining()
        #expect(try await folder.hookTable() == "events     go nowhere\ndecisions  nobody is asked\n")
        let refused = try await folder.control("hook", "enable")
        #expect(refused.status == 1 && refused.errors.contains("hooks.events_url is empty"), "\(refused)")
        #expect(try await folder.control("hook", "enable", "--dry-run").errors == refused.errors)

        try await reload(Self.events(endpoint.port))
        let during = try await joining()
        _ = try await endpoint.request("join") { $0.data["peer"]?.string == during }
        #expect(try await folder.hooks().events.kinds == HooksSection.eventKinds)

        try await reload("")
        let after = try await joining()
        #expect(try await folder.hooks().events.url == nil)
        try await reload(Self.events(endpoint.port))
        let again = try await joining()
        _ = try await endpoint.request("join") { $0.data["peer"]?.string == again }
        // What happened while nobody was to be told is told never.
        #expect(
            !endpoint.requests.contains { [before, after].contains($0.data["peer"]?.string) })
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}
