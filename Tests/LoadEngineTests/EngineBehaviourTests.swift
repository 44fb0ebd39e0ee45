import LoadEngine
import MediaControl
import RelayTestKit
import RelayTypes
import Testing

@Suite("A simulated browser", .serialized)
struct EngineBehaviourTests {
    private let a = PeerNumber(0)
    private let b = PeerNumber(1)

    @Test("counts as lost what a lossy path took, and nothing else")
    func loss() async throws {
        let harness = try MediaHarness(peers: 2) { configuration in
            configuration.shape.videoBitrate = 0
            configuration.loss = LossyPath.Settings(outboundPercent: 20, seed: 3)
        }
        defer { harness.stop() }
        let legs = try await harness.connect(2)
        _ = try await harness.pair(legs[0], legs[1])
        _ = harness.enter(a, b)
        harness.send(a)
        #expect(try await harness.waitForTally { $0.sentPackets >= 300 })
        harness.engine.perform(.send(false), on: a)
        let sent = harness.engine.record(of: a).sentPackets
        // What was on its way comes; then nothing changes any more.
        var received: UInt64 = 0
        #expect(
            try await poll {
                let now = harness.engine.record(of: b).receivedPackets
                defer { received = now }
                return now > 0 && now == received
            })
        let tally = harness.engine.tally()
        // What was lost before the first packet that came, or after the last, is not known to the receiver.
        #expect(tally.lostPackets <= sent - received)
        #expect(tally.lostPackets + 40 >= sent - received)
        #expect(tally.lostPackets >= 20, "\(tally.lostPackets) of \(sent)")
        #expect(tally.duplicatedPackets == 0)
        #expect(tally.leaks == [:])
    }

    @Test("repairs the picture by NACK and retransmission")
    func repair() async throws {
        let harness = try MediaHarness(peers: 2) { configuration in
            configuration.loss = LossyPath.Settings(outboundPercent: 0, inboundPercent: 5, seed: 5)
        }
        defer { harness.stop() }
        let legs = try await harness.connect(2)
        _ = try await harness.pair(legs[0], legs[1])
        _ = harness.enter(a, b)
        harness.send(a, b)
        #expect(try await harness.waitForTally { $0.repairedPackets >= 5 })
        let tally = harness.engine.tally()
        #expect(tally.retransmissionsAsked >= 5)
        #expect(tally.retransmissionsSent >= 5)
        #expect(tally.leaks == [:])
    }

    @Test("sends the same packets in the same order for the same seed, and others for another")
    func seeds() async throws {
        var traces: [[SentPacket]] = []
        for seed in [11, 11, 12] as [UInt64] {
            let harness = try MediaHarness(peers: 1) { configuration in
                configuration = LoadEngine.Configuration(peers: 1, seed: seed)
                configuration.trace = 60
            }
            defer { harness.stop() }
            _ = try await harness.connect(1)
            harness.send(a)
            #expect(try await poll { harness.engine.trace(of: a).count == 60 })
            traces.append(harness.engine.trace(of: a))
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0] != traces[2])
    }

    @Test("goes on from another address") func changesAddress() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        let legs = try await harness.connect(2)
        _ = try await harness.pair(legs[0], legs[1])
        _ = harness.enter(a, b)
        harness.send(a, b)
        #expect(try await harness.waitForTally { $0.receivedPackets > 50 })
        harness.engine.perform(.changeAddress, on: a)
        let before = harness.engine.record(of: a).receivedPackets
        #expect(try await poll { harness.engine.record(of: a).receivedPackets > before + 50 })
        #expect(harness.engine.tally().leaks == [:])
    }

    @Test("comes back by a later offer after it has vanished, and remembers what it has been through")
    func returns() async throws {
        let harness = try MediaHarness(peers: 2)
        defer { harness.stop() }
        _ = try await harness.connect(2)
        harness.send(a)
        #expect(try await poll { harness.engine.record(of: a).sentPackets > 50 })
        harness.engine.perform(.vanish, on: a)
        let sent = harness.engine.record(of: a).sentPackets
        _ = try await harness.join(a)
        let isBack = try await harness.waitForEvents { events in
            events.filter { if case .connected(a, _) = $0 { true } else { false } }.count == 2
        }
        #expect(isBack)
        harness.send(a)
        #expect(try await poll { harness.engine.record(of: a).sentPackets > sent })
    }

    @Test("keeps what it has counted after its threads have ended") func stops() async throws {
        let harness = try MediaHarness(peers: 2) { $0.threads = 2 }
        defer { harness.stop() }
        _ = try await harness.connect(2)
        harness.send(a, b)
        #expect(
            try await poll {
                [a, b].allSatisfy { harness.engine.record(of: $0).sentPackets > 50 }
            })
        harness.engine.stop()
        let records = [a, b].map { harness.engine.record(of: $0).sentPackets }
        #expect(records.allSatisfy { $0 > 50 })
        #expect(harness.engine.tally().sentPackets >= records[0] + records[1])
        #expect(throws: EngineError.self) { try harness.engine.answer("v=0", as: a) }
    }

    @Test("tells when the server closes its leg") func closed() async throws {
        let harness = try MediaHarness(peers: 1)
        defer { harness.stop() }
        let legs = try await harness.connect(1)
        try await harness.carryOut(.closeLeg(legs[0]))
        #expect(try await harness.waitForEvents { $0.contains(.closedByServer(a)) })
    }

    @Test("does ICE with libnice's agent where it is told to") func fullICE() async throws {
        let harness = try MediaHarness(peers: 2) { $0.usesFullICE = true }
        defer { harness.stop() }
        let legs = try await harness.connect(2)
        _ = try await harness.pair(legs[0], legs[1])
        let number = harness.enter(a, b)
        harness.send(a, b)
        let met = try await harness.waitForEvents { events in
            events.contains { if case .firstPicture(b, number, _) = $0 { true } else { false } }
        }
        #expect(met)
        #expect(harness.engine.tally().leaks == [:])
    }

    @Test("is refused in words where the machine has too little") func limits() throws {
        var configuration = LoadEngine.Configuration(peers: 40_000_000, seed: 1)
        configuration.pairs = 1
        configuration.peers = 4_000_000
        let engine = try LoadEngine(configuration)
        #expect {
            try engine.start()
        } throws: { error in
            guard case EngineError.system(let what, _)? = error as? EngineError else { return false }
            return what.contains("ulimit -n") || what.contains("ip_local_port_range")
        }
    }

    @Test("takes no offer that no browser could answer, and no more peers than planned")
    func refusals() throws {
        let harness = try MediaHarness(peers: 1)
        defer { harness.stop() }
        #expect(throws: EngineError.badOffer("badOffer(\"no ICE credentials\")")) {
            try harness.engine.answer("v=0", as: a)
        }
        #expect(throws: EngineError.tooManyPeers) { try harness.engine.answer("v=0", as: b) }
    }
}
