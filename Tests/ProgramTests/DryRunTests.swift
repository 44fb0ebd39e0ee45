import Foundation
import RelayTestKit
import Testing

@Suite("What would happen is told, and does not happen")
struct DryRunTests {
    private struct Told: Decodable {
        struct Effect: Decodable {
            let name: String
            let value: String
        }

        let isDryRun: Bool
        let would: String
        let peers: [String]
        let effects: [Effect]

        private enum CodingKeys: String, CodingKey {
            case would, peers, effects
            case isDryRun = "dry_run"
        }
    }

    @Test("orders about a pair, bans, decisions, appeals and holds: which peers, and what for each")
    func dryRuns() async throws {
        let folder = try ProgramFolder()
        let server = try folder.start()
        let port = try await server.ready().http
        let (first, second, pair) = try await People.texting(port: port)
        defer { withExtendedLifetime(second) {} }
        func run(_ arguments: String...) async throws -> String {
            let state = try await Program.run("tidegatectl", arguments, in: folder.path)
            #expect(state.status == 0, "\(arguments): \(state.errors)")
            if !arguments.contains("--json") {
                for line in state.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            }
            return state.output
        }
        func told(_ arguments: String...) async throws -> Told {
            let state = try await Program.run(
                "tidegatectl", arguments + ["--dry-run", "--json"], in: folder.path)
            #expect(state.status == 0, "\(arguments): \(state.errors)")
            let told = try JSONDecoder().decode(Told.self, from: Data(state.output.utf8))
            #expect(told.isDryRun)
            return told
        }
        let before = try await run("pair", "show", pair)
        let list = try await Program.run("tidegatectl", ["pair", "show", pair, "--json"], in: folder.path)
        let peers = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(list.output.utf8))["peers"]?.elements
        )
        .compactMap { $0["peer"]?.string }
        #expect(peers.count == 2)

        let cut = try await told("pair", "cut", pair)
        #expect(cut.peers == peers && cut.would.contains(pair))
        let hold = try await told("pair", "hold", pair, "--from", peers[1], "--channel", "chat")
        #expect(hold.peers == [peers[1]])
        #expect(
            hold.effects.count == 1 && hold.effects[0].value.contains("stays shut, held also by: age_self"))
        let release = try await told("pair", "release", pair)
        #expect(release.effects.count == 6 && release.effects.allSatisfy { $0.value.contains("as it is") })
        let text = try await run("pair", "hold", pair, "--dry-run")
        #expect(text.hasPrefix("would hold \(pair) for 'moderator'\n") && text.contains(peers[0]))
        let ban = try await told("ban", "add", peers[0], "--reason", "rule 3", "--facts", "f")
        #expect(
            ban.peers == [peers[0]] && ban.effects.contains { $0.value == "pair \(pair) with \(peers[1])" })
        #expect(
            try await run("peer", "ban", peers[0], "--reason", "r", "--facts", "f", "--dry-run")
                .contains(pair))
        #expect(try await run("pair", "show", pair) == before)
        #expect(try await run("ban", "list") == "no bans\n")

        first.send("report", ["reason": "spam"])
        let report = try #require(try await first.expect("report_received")["report"]?.string)
        let decide = try await told(
            "report", "decide", report, "--outcome", "upheld", "--action", "ban", "--ground", "g", "--facts",
            "f")
        #expect(decide.peers == [peers[1]] || decide.peers == [peers[0]])
        #expect(decide.would.contains(report) && decide.effects.contains { $0.name == "ban" })
        #expect(try await told("case", "hold", report, "--reason", "r").effects.count == 1)
        #expect(try await told("report", "refer", report, "--to", "police").would.contains("police"))
        #expect(try await run("report", "list").contains(report))

        let state = try await Program.run(
            "tidegatectl",
            [
                "report", "decide", report, "--outcome", "upheld", "--action", "ban", "--ground", "g",
                "--facts",
                "f", "--json",
            ],
            in: folder.path)
        let made = try JSONDecoder().decode(JSONValue.self, from: Data(state.output.utf8))
        let banned = try #require(made["ban"]?.string, "\(state)")
        #expect(try await told("ban", "remove", banned).peers == decide.peers)
        #expect(try await run("ban", "list").contains(banned))
        let appellant = try await SignallingClient.connect(port: port)
        appellant.send("appeal", ["decision": try #require(made["decision"]), "comment": "no"])
        _ = try await appellant.expect("appeal_received")
        let appeals = try await Program.run("tidegatectl", ["appeal", "list", "--json"], in: folder.path)
        let appeal = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(appeals.output.utf8))["appeals"]?[0]?[
                "appeal"]?
                .string)
        let reversal = try await told(
            "appeal", "decide", appeal, "--outcome", "reversed", "--ground", "g", "--facts", "f")
        #expect(reversal.effects.contains { $0.value.contains("its ban lifted") })
        #expect(try await run("ban", "list").contains(banned))
        #expect(try await run("appeal", "list").contains(appeal))

        // What the log has, happened: one decision, no referral, no hold.
        let log = try await run("audit", "show", "--limit", "1000", "--json")
        let acts = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(log.utf8))["entries"]?.elements
        )
        .compactMap { $0["what"]?.string }
        #expect(acts.count { $0 == "decision.made" } == 1)
        #expect(
            !acts.contains {
                ["case.hold", "report.referred", "order.cut", "order.hold", "ban.lift", "peer.ban"]
                    .contains($0)
            })
        server.signal(SIGTERM)
        #expect(try await server.end().status == 0)
    }
}
