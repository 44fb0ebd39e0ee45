import LoadEngine
import RelayTestKit
import RelayTypes
import Testing

/// Every situation here is made leaky on purpose: the server's gate is open, and the ledger says that it is not.
@Suite("A leak is found and named", .serialized)
struct EngineLeakTests {
    private let a = PeerNumber(0)
    private let b = PeerNumber(1)

    /// Two peers whom the server has joined, and who both send.
    private func talk(_ harness: MediaHarness) async throws {
        let legs = try await harness.connect(2)
        _ = try await harness.pair(legs[0], legs[1])
        harness.send(a, b)
    }

    private func waitForLeaks(_ leak: Leak, _ harness: MediaHarness) async throws -> EngineTally {
        #expect(try await harness.waitForTally { $0.leaks[leak, default: 0] >= 20 }, "\(leak)")
        return harness.engine.tally()
    }

    @Test("sent while a gate was held") func held() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        _ = harness.enter(a, b, open: false)
        try await talk(harness)
        let tally = try await waitForLeaks(.held, harness)
        #expect(Set(tally.leaks.keys) == [.held])
        #expect(tally.receivedPackets == tally.leaks[.held])
    }

    @Test("sent after a hold had come back, in one direction only") func heldAgain() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let number = harness.enter(a, b)
        try await talk(harness)
        #expect(try await harness.waitForTally { $0.receivedPackets > 50 })
        #expect(harness.engine.tally().leaks == [:])
        harness.engine.ledger.shut(number, from: a, at: MediaHarness.now)
        let tally = try await waitForLeaks(.held, harness)
        #expect(Set(tally.leaks.keys) == [.held])
        #expect(harness.engine.record(of: b).leaks[.held, default: 0] >= 20)
        #expect(harness.engine.record(of: a).leaks == [:])
    }

    @Test("a picture while only sound is released") func channels() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let number = harness.enter(a, b, open: false)
        for peer in [a, b] {
            harness.engine.ledger.release(number, from: peer, channel: .audio, at: MediaHarness.now)
        }
        try await talk(harness)
        let tally = try await waitForLeaks(.held, harness)
        #expect(Set(tally.leaks.keys) == [.held])
        #expect(tally.receivedPackets > tally.leaks[.held, default: 0])
    }

    @Test("sent after the pair was over") func afterCut() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let number = harness.enter(a, b)
        try await talk(harness)
        #expect(try await harness.waitForTally { $0.receivedPackets > 50 })
        harness.engine.ledger.shut(number, at: MediaHarness.now)
        let tally = try await waitForLeaks(.afterCut, harness)
        #expect(Set(tally.leaks.keys) == [.afterCut])
    }

    @Test("from a former partner") func formerPartner() async throws {
        let harness = try MediaHarness(peers: 4)
        defer { harness.stop() }
        let number = harness.enter(a, b)
        try await talk(harness)
        #expect(try await harness.waitForTally { $0.receivedPackets > 50 })
        harness.engine.ledger.shut(number, at: MediaHarness.now)
        _ = harness.enter(b, PeerNumber(2))
        _ = harness.enter(a, PeerNumber(3))
        let tally = try await waitForLeaks(.formerPartner, harness)
        // What arrived before both had a new partner came after the cut.
        #expect(Set(tally.leaks.keys).isSubset(of: [.formerPartner, .afterCut]))
    }

    @Test("across bands, though the window is open") func acrossBands() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        harness.engine.ledger.setBand(1, of: a)
        harness.engine.ledger.setBand(2, of: b)
        _ = harness.enter(a, b)
        try await talk(harness)
        let tally = try await waitForLeaks(.acrossBands, harness)
        #expect(tally.leaks[.acrossBands] == tally.receivedPackets)
    }

    @Test("without a mark of this run") func unmarked() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let stranger = try LoadEngine(LoadEngine.Configuration(peers: 1, seed: 8))
        try stranger.start()
        defer { stranger.stop() }
        let legs = [try await harness.join(a), try await harness.join(PeerNumber(0), of: stranger)]
        _ = try await harness.pair(legs[0], legs[1])
        stranger.perform(.send(true), on: PeerNumber(0))
        let tally = try await waitForLeaks(.unmarked, harness)
        #expect(Set(tally.leaks.keys) == [.unmarked])
    }

    @Test("an unannounced source is kept from the partner, and so are replays and garbage")
    func misbehaviour() async throws {
        let harness = try MediaHarness(peers: 2) { $0.shape.videoBitrate = 0 }
        defer { harness.stop() }
        _ = harness.enter(a, b)
        try await talk(harness)
        #expect(try await harness.waitForTally { $0.receivedPackets > 50 })
        harness.engine.perform(.garbage(count: 300), on: a)
        harness.engine.perform(.replay(count: 300), on: a)
        harness.engine.perform(.unknownSource(count: 300), on: a)
        harness.engine.perform(.flood(count: 300), on: a)
        let before = harness.engine.record(of: b).receivedPackets
        #expect(try await poll { harness.engine.record(of: b).receivedPackets > before + 300 })
        let tally = harness.engine.tally()
        #expect(tally.unannouncedPackets == 0)
        #expect(tally.duplicatedPackets == 0)
        #expect(tally.leaks == [:])
        #expect(tally.undecipherable == 0)
    }
}
