import Foundation
import MediaControl
import RelayTypes
import Sealing
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("A report tells what somebody needs who looks at it later")
struct ReportShapeTests {
    @Test("a live one: interests, bands, chat, and the proof of the cut")
    func live() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let wish = JoinRequest(interests: ["chess"])
        let first = try await stage.joined(wish, band: "adult")
        let second = try await stage.joined(wish, band: "adult")
        let pair = try #require(await first.link.first(\.matchedPair))
        for person in [first, second] { await person.say(.accept(pair: pair)) }
        for number in 1...60 { await first.say(.chat(text: "line \(number)", pair: pair)) }
        stage.media.advance(seconds: 9)
        await second.say(.report(ReportRequest(reason: "grooming", pair: pair)))
        let record = try #require(try await stage.report(by: second))
        #expect(record.sharedInterests == ["chess"])
        #expect(record.reporterBand == Band("adult") && record.reportedBand == Band("adult"))
        #expect(record.chatMessages == 60 && record.transcript.count == 50)
        #expect(record.transcript.first?.text == "line 11" && record.transcript.last?.text == "line 60")
        let side = try #require(record.reporterSide)
        #expect(record.transcript.allSatisfy { $0.from == side.other && !$0.wasHeld })
        #expect(record.offsetMilliseconds == 9_000 && record.origin == .personInPair && record.live)
        let proof = try #require(record.proof)
        #expect(proof.holdsBefore == PairGates(all: []))
        #expect(proof.holdsAfter[side, .audio].contains(.report))
        #expect(proof.latencyMicroseconds == record.cutInForceMicroseconds)
        #expect(record.captureEvents == nil, "without a key no address is kept")
    }

    @Test("held lines are kept as held, and not counted as messages")
    func held() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        await first.say(.chat(text: "too early", pair: pair))
        #expect(first.link.all.last?.errorCode == .chatHeld)
        await second.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let record = try #require(try await stage.report(by: second))
        #expect(record.chatMessages == 0 && record.transcript.map(\.wasHeld) == [true])
    }

    @Test("a late one by receipt still has the chat, until its time is up")
    func late() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await second.say(.chat(text: "send me money", pair: pair))
        let receipt = try #require(await stage.receipt(of: pair, first))
        await second.say(.leave)
        while try await stage.store.pair(forReceipt: receipt, since: .distantPast) == nil {
            await Task.yield()
        }
        await stage.advance(seconds: 3_600)
        let stranger = try await stage.person()
        await stranger.say(.report(ReportRequest(reason: "sextortion", receipt: receipt)))
        let record = try #require(try await stage.report(by: stranger))
        #expect(record.transcript.map(\.text) == ["send me money"] && record.proof == nil && !record.live)
        await stage.advance(seconds: 24 * 3_600)
        #expect(await stage.switchboard.rememberedPairs == [0, 0], "what nobody reported is gone")
    }

    @Test("addresses are sealed for the report, with port and moment")
    func sealed() async throws {
        let opener = SealOpener()
        let key = try #require(SealKey(raw: opener.rawPublicKey))
        let stage = try await Stage { $0.sealKey = key }
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        let slot = try #require(stage.media.lastLeg)
        stage.media.emit(.moved(slot, Endpoint(ipv4: 0xcb00_7109, port: 4_711)))
        while await !stage.switchboard.hasSeen("moved", of: second.welcome.peer) { await Task.yield() }
        await first.say(.report(ReportRequest(reason: "threat", pair: pair)))
        let record = try #require(try await stage.report(by: first))
        let sealed = try #require(record.captureEvents)
        let events = try #require(opener.open(sealed, of: record.id))
        #expect(events.map(\.event).starts(with: ["hello", "join"]))
        #expect(events.contains { $0.event == "moved" && $0.address == "203.0.113.9" && $0.port == 4_711 })
        #expect(events.last?.event == "reported")
        #expect(SealOpener().open(sealed, of: record.id) == nil)
    }

    @Test("somebody's addresses are bounded: the first and the latest")
    func bounded() {
        var trace = NetworkTrace()
        for port in 0..<200 as Range<UInt16> {
            trace.note(.join, from: "192.0.2.1", port: port, at: Date(timeIntervalSince1970: 0))
        }
        #expect(trace.events.count == NetworkTrace.most)
        #expect(trace.events.first?.port == 0 && trace.events.last?.port == 199)
    }

    @Test("what is kept for a while is bounded by number and by cost, the oldest going first")
    func table() {
        var table = ExpiringTable<Int, Int>(lifetime: 10, capacity: 100, costLimit: 500)
        let start = MonotonicInstant(nanoseconds: 0)
        for key in 0..<1_000 { table.set(key, to: key, cost: 1, at: start) }
        #expect(table.count == 100 && table[899] == nil && table[900] == 900)
        table.set(1_000, to: 1, cost: 450, at: start)
        #expect(table.cost <= 500 && table[1_000] == 1)
        table.set(950, to: 7, cost: 1, at: start.advanced(bySeconds: 5))
        table.forget(at: start.advanced(bySeconds: 10))
        #expect(table.count == 1 && table[950] == 7 && table.cost == 1)
    }
}

extension Stage {
    /// The record that somebody's latest report has made.
    func report(by person: Person) async throws -> ReportRecord? {
        guard let id = await person.link.first(\.reportID) else { return nil }
        return try await store.report(id)
    }

    /// The receipt of a pair whose messages a test has forgotten.
    func receipt(of pair: PairID, _ person: Person) async -> String? {
        await switchboard.receipt(of: pair, for: person.welcome.peer)
    }
}

extension Switchboard {
    /// How many pairs that have ended are remembered, and what that costs.
    fileprivate var rememberedPairs: [Int] { [pastEvidence.count, pastEvidence.cost] }

    fileprivate func hasSeen(_ event: String, of peer: PeerID) -> Bool {
        peers[peer]?.trace.events.contains { $0.event == event } ?? false
    }

    fileprivate func receipt(of pair: PairID, for peer: PeerID) -> String? {
        guard let live = pairs[pair] else { return nil }
        return live.receipt(of: live.first.id == peer ? .first : .second)
    }
}
