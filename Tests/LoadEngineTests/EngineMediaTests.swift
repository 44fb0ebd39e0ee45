import Histogram
import LoadEngine
import RelayTestKit
import RelayTypes
import Testing

@Suite("The load engine against the real media server", .serialized)
struct EngineMediaTests {
    @Test("two peers hear and see each other, and nothing leaks")
    func meet() async throws {
        let harness = try MediaHarness(peers: 4)
        defer { harness.stop() }
        let (a, b) = (PeerNumber(0), PeerNumber(1))
        let legs = try await harness.connect(2)
        let number = harness.enter(a, b)
        _ = try await harness.pair(legs[0], legs[1])
        harness.send(a, b)
        let met = try await harness.waitForEvents { events in
            [a, b]
                .allSatisfy { peer in
                    events.contains { if case .firstSound(peer, number, _) = $0 { true } else { false } }
                        && events.contains {
                            if case .firstPicture(peer, number, _) = $0 { true } else { false }
                        }
                }
        }
        #expect(met, "\(harness.events.value)")
        #expect(try await harness.waitForTally { $0.receivedPackets > 200 })
        let tally = harness.engine.tally()
        #expect(tally.leaks == [:])
        #expect(tally.undecipherable == 0)
        #expect(tally.duplicatedPackets == 0)
        #expect(tally.oneWayDelay?.totalCount ?? 0 > 100)
        #expect(harness.engine.ledger.lastArrival(number, from: a) > 0)
        #expect(harness.engine.record(of: a).receivedPackets > 0)
    }

    @Test("what is held is not received, though both send")
    func held() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let legs = try await harness.connect(2)
        _ = harness.enter(PeerNumber(0), PeerNumber(1), open: false)
        _ = try await harness.pair(legs[0], legs[1], gates: MediaHarness.held)
        harness.send(PeerNumber(0), PeerNumber(1))
        #expect(try await harness.waitForTally { $0.sentPackets > 200 })
        #expect(harness.engine.tally().receivedPackets == 0)
    }
}
