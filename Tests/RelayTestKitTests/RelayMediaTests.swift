import Forwarder
import Foundation
import MediaControl
import RelayTestKit
import RelayTypes
import Testing

@Suite("Media between two browsers", .serialized)
struct RelayMediaTests {
    @Test("is held, and nothing that was said before the release is ever heard")
    func heldUntilReleased() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        let slot = try await relay.pair(ada, bob, gates: PairGates(all: [.ageSelf, .consentPartner]))
        #expect(
            try await relay.waitForPair(slot) { snapshot in
                snapshot.tally.first.dropped[.held, default: 0] >= 100
                    && snapshot.tally.second.dropped[.held, default: 0] >= 100
            })
        #expect(ada.record.value.packetCount == 0)
        #expect(bob.record.value.packetCount == 0)
        let tally = try await relay.inspect(slot).tally
        #expect(tally.first.forwardedPackets == 0)
        #expect(tally.second.forwardedPackets == 0)

        let asked = SystemClock.now
        try await relay.carryOut(.setGates(slot, RelayHarness.open))
        for (joined, partner) in [(ada, bob), (bob, ada)] {
            #expect(await joined.record.wait { $0.stream(joined.sources.video).packets > 50 })
            let record = joined.record.value
            // The first picture is whole, and it is asked for at the release.
            let first = record.packets.first { $0.ssrc == joined.sources.video }
            #expect(first?.startsKeyFrame == true)
            #expect(await partner.record.wait { $0.sent.keyFrames >= 2 })
            #expect(record.packets.allSatisfy { ($0.mark?.sentAt ?? 0) + 1_000_000 >= asked.nanoseconds })
        }

        // And held again: nothing made after the order is in force arrives.
        let held = try await relay.carryOut(.setGates(slot, PairGates(all: .moderator)))
        let before = try await relay.inspect(slot).tally
        #expect(
            try await relay.waitForPair(slot) { snapshot in
                snapshot.tally.first.dropped[.held, default: 0]
                    >= before.first.dropped[.held, default: 0] + 100
            })
        #expect(try await relay.inspect(slot).tally.first.forwardedPackets == before.first.forwardedPackets)
        for joined in [ada, bob] {
            #expect(joined.record.value.packets.allSatisfy { ($0.mark?.sentAt ?? .max) <= held.nanoseconds })
        }
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("passes each channel's own gate, each way")
    func channels() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        var gates = PairGates(all: .policy)
        gates[.first, .audio] = []
        gates[.second, .video] = []
        _ = try await relay.pair(ada, bob, gates: gates)
        #expect(await bob.record.wait { $0.stream(bob.sources.audio).packets > 50 })
        #expect(await ada.record.wait { $0.stream(ada.sources.video).packets > 50 })
        #expect(Set(bob.record.value.streams.keys) == [bob.sources.audio])
        #expect(
            Set(ada.record.value.streams.keys).isSubset(of: [ada.sources.video, ada.sources.retransmission]))
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test(
        "survives 1 % of loss: what is lost is asked for and sent again, end to end",
        arguments: [5, 6] as [UInt64])
    func loss(seed: UInt64) async throws {
        let relay = try RelayHarness()
        func configuration(_ sender: UInt32) -> BrowserConfiguration {
            var configuration = BrowserConfiguration(senderID: sender)
            configuration.loss = .init(
                outboundPercent: 1, inboundPercent: 1, seed: seed &* 1_000 &+ UInt64(sender))
            configuration.media.framesPerSecond = 60
            configuration.media.packetsPerDeltaFrame = 4
            return configuration
        }
        let ada = try await relay.connect(configuration(1))
        let bob = try await relay.connect(configuration(2))
        _ = try await relay.pair(ada, bob)
        for (joined, partner) in [(ada, bob), (bob, ada)] {
            #expect(await joined.record.wait { $0.recovered >= 5 })
            let record = joined.record.value
            #expect(record.sent.negativeAcknowledgements > 0)
            #expect(record.stream(joined.sources.retransmission).payloadTypes == [97])
            #expect(await partner.record.wait { $0.sent.retransmissions >= 5 })
            // A retransmission is the partner's, and repeats a number that this browser has missed.
            let again = record.packets.filter { $0.originalSequenceNumber != nil }
            #expect(again.allSatisfy { $0.mark?.sender == partner.id })
        }
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test(
        "changes partners with `next`: same leg, same SSRCs, a key frame first, and silence from the last one"
    )
    func next() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        let cyd = try await relay.connect(3)
        let first = try await relay.pair(ada, bob)
        #expect(await ada.record.wait { $0.packets(from: 2) > 50 })
        let parted = try await relay.carryOut(.part(first))
        let atBob = bob.record.value.packets.last?.mark?.sentAt
        _ = try await relay.pair(ada, cyd)
        #expect(await ada.record.wait { $0.packets(from: 3) > 50 })
        #expect(await cyd.record.wait { $0.packets(from: 1) > 50 })

        let record = ada.record.value
        #expect(record.phase == .connected)
        #expect(
            Set(record.streams.keys)
                .isSubset(of: [
                    ada.sources.audio, ada.sources.video, ada.sources.retransmission,
                ]))
        #expect(
            record.packets.allSatisfy {
                $0.mark?.sender != 2 || ($0.mark?.sentAt ?? .max) <= parted.nanoseconds
            })
        let fromCyd = record.packets.first { $0.mark?.sender == 3 && $0.ssrc == ada.sources.video }
        #expect(fromCyd?.startsKeyFrame == true)
        #expect((atBob ?? 0) <= parted.nanoseconds)
        // For whoever receives, it is one stream that never stopped (PROTOCOL.md section 3).
        #expect(record.stream(ada.sources.audio).skipped == 0)
        #expect(record.stream(ada.sources.video).skipped == 0)
        let transport = record.packets.compactMap(\.transportSequence)
        #expect(zip(transport, transport.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
        for source in [ada.sources.audio, ada.sources.video] {
            let times = record.packets.filter { $0.ssrc == source }.map(\.timestamp)
            #expect(zip(times, times.dropFirst()).allSatisfy { Int32(bitPattern: $1 &- $0) >= 0 })
        }
        #expect(bob.record.value.packets.allSatisfy { ($0.mark?.sentAt ?? .max) <= parted.nanoseconds })
        #expect(record.undecipherable == 0)
        for joined in [ada, bob, cyd] { joined.browser.vanish() }
        relay.stop()
    }

    @Test("leaves a browser without video with sound alone")
    func audioOnly() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1) { $0.hasVideo = false }
        let bob = try await relay.connect(2)
        _ = try await relay.pair(ada, bob)
        #expect(await ada.record.wait { $0.stream(ada.sources.audio).packets > 50 })
        #expect(await bob.record.wait { $0.stream(bob.sources.audio).packets > 50 })
        #expect(Set(ada.record.value.streams.keys) == [ada.sources.audio])
        // Nobody sees what the other films, so nobody asks for a picture of it.
        #expect(bob.record.value.count(of: .pictureLossIndication) == 0)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("brings feedback to the one whom it concerns, about SSRCs that they know, and no name of the other")
    func feedback() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        _ = try await relay.pair(ada, bob)
        #expect(await bob.record.wait { $0.stream(bob.sources.video).packets > 50 })
        let video = bob.sources.video
        bob.browser.perform(
            .sendFeedback([
                .receiverReport(ssrc: bob.browser.sources.video, reports: []),
                .maximumBitrate(sender: bob.browser.sources.video, bitrate: 500_000, ssrcs: [video]),
                .pictureLossIndication(sender: bob.browser.sources.video, media: video),
                .fullIntraRequest(sender: bob.browser.sources.video, media: video, sequenceNumber: 1),
            ]))
        let wanted: [RTCPBlock.Kind] = [
            .senderReport, .description, .maximumBitrate, .pictureLossIndication, .transportFeedback,
        ]
        #expect(await ada.record.wait { record in wanted.allSatisfy { record.count(of: $0) > 0 } })
        #expect(
            await ada.record.wait { record in
                record.feedback.contains { block in
                    switch block {
                    case .senderReport(let report): !report.reports.isEmpty
                    case .receiverReport(_, let reports): !reports.isEmpty
                    default: false
                    }
                }
            })
        try Self.expectTrueClock(of: ada)
        let own = [ada.browser.sources.audio, ada.browser.sources.video, ada.browser.sources.retransmission]
        let servers = [ada.sources.audio, ada.sources.video, ada.sources.retransmission]
        for block in ada.record.value.feedback {
            // REMB and FIR name no media source in the header; theirs are in the list.
            #expect(Set(block.mediaSSRCs).subtracting([0]).isSubset(of: own), "\(block)")
            switch block {
            case .senderReport(let report): #expect(servers.contains(report.ssrc))
            case .description(let ssrc, let name):
                #expect(servers.contains(ssrc))
                #expect(!name.hasPrefix("browser-"))
            default: break
            }
        }
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    /// Sender reports tie RTP time to wall-clock time (RFC 3550 §6.4.1): the packets must agree with them.
    static func expectTrueClock(of joined: RelayHarness.Joined) throws {
        let record = joined.record.value
        let (wall, monotonic) = (Date().timeIntervalSince1970, Double(SystemClock.now.nanoseconds) / 1e9)
        let packet = try #require(record.packets.last { $0.ssrc == joined.sources.audio })
        let sentAt = Double(try #require(packet.mark).sentAt) / 1e9
        var reports = 0
        for case .senderReport(let report) in record.feedback where report.ssrc == joined.sources.audio {
            // NTP counts from 1900 (RFC 868), in units of 2^-32 s.
            let reportedAt = Double(report.ntpTime) / 4_294_967_296 - 2_208_988_800 - wall + monotonic
            let expected =
                packet.timestamp &+ UInt32(truncatingIfNeeded: Int64((reportedAt - sentAt) * 48_000))
            #expect(abs(Int32(bitPattern: report.rtpTimestamp &- expected)) < 48 * 50)  // 50 ms
            reports += 1
        }
        #expect(reports > 0)
    }

    @Test("never comes from garbage, forgeries, replays or strangers, and each is counted")
    func hostile() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1) { $0.media.startsWhenConnected = false }
        let bob = try await relay.connect(2) { $0.media.startsWhenConnected = false }
        _ = try await relay.pair(ada, bob)
        var packet = RTPPacket(
            payloadType: 111, sequenceNumber: 100, timestamp: 960, ssrc: ada.browser.sources.audio,
            payload: [UInt8](repeating: 0xf8, count: 60))
        ada.browser.perform(.sendPacketTwice(packet))
        #expect(try await relay.waitForDrops(.srtpReplayed, atLeast: 1))
        #expect(await bob.record.wait { $0.packetCount == 1 })

        packet.sequenceNumber = 101
        ada.browser.perform(.sendDatagram(packet.encoded + [UInt8](repeating: 0x5a, count: 16)))
        #expect(try await relay.waitForDrops(.srtpUnauthenticated, atLeast: 1))
        ada.browser.perform(.sendDatagram([UInt8](repeating: 0x7f, count: 40)))
        #expect(try await relay.waitForDrops(.unknownProtocol, atLeast: 1))
        ada.browser.perform(.sendDatagram([UInt8](repeating: 0x00, count: 40)))
        #expect(try await relay.waitForDrops(.stunMalformed, atLeast: 1))
        packet.payloadType = 35
        ada.browser.perform(.sendPacket(packet))
        #expect(try await relay.waitForDrops(.unexpectedStream, atLeast: 1))

        // A stranger: another socket that no check has come from.
        let stranger = try StrangerSocket(to: try #require(relay.server.candidates(ofWorker: 0).first))
        stranger.send(packet.encoded)
        stranger.send([22, 254, 253] + [UInt8](repeating: 0, count: 60))
        #expect(try await relay.waitForDrops(.unknownAddress, atLeast: 2))
        #expect(!stranger.hasAnswer)

        // All that, and what is right still gets through.
        packet.payloadType = 111
        packet.sequenceNumber = 102
        ada.browser.perform(.sendPacket(packet))
        #expect(await bob.record.wait { $0.packetCount == 2 })
        #expect(bob.record.value.packetCount == 2)
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }

    @Test("is not touched by an order that comes too late")
    func staleOrder() async throws {
        let relay = try RelayHarness()
        let ada = try await relay.connect(1)
        let bob = try await relay.connect(2)
        let slot = try await relay.pair(ada, bob)
        let late = PairSlot(worker: slot.worker, index: slot.index, generation: slot.generation &+ 1)
        let ticket = relay.nextTicket()
        relay.server.submit(.part(late), ticket: ticket)
        #expect(await relay.told.wait { $0.stale.contains(ticket) })
        let count = ada.record.value.packetCount
        #expect(await ada.record.wait { $0.packetCount > count + 20 })
        ada.browser.vanish()
        bob.browser.vanish()
        relay.stop()
    }
}
