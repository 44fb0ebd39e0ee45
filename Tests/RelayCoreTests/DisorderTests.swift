import MediaControl
import ReferenceTools
import RelayTypes
import Testing

@testable import RelayCore

@Suite("A late or duplicate packet disturbs nothing")
struct DisorderTests {
    /// A sender's protected datagrams of all three streams, in the order in which they were made.
    private func course(of sender: TestBrowser, count: UInt16, from start: UInt16) throws -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        var wide = start
        for step in 0..<count {
            let number = start &+ step
            let time = UInt32(step) &* 960 &+ 0xffff_8000
            var packets: [TestPacket] = [
                .video(number, at: time, ssrc: sender.video, isKey: step == 0),
                .audio(number, at: time, ssrc: sender.audio),
            ]
            if step % 3 == 1 {
                packets.append(
                    .retransmission(number, of: number &- 1, at: time, ssrc: sender.retransmission))
            }
            for index in packets.indices {
                packets[index].transportWideNumber = wide
                // Who it is, wherever it ends up.
                packets[index].payload += [UInt8(step >> 8), UInt8(step & 0xff), UInt8(index)]
                wide &+= 1
                datagrams.append(try sender.protect(packets[index]))
            }
        }
        return datagrams
    }

    private struct View {
        /// By payload.
        var packets: [[UInt8]: TestPacket] = [:]
        /// What the next partner's first packets look like.
        var next: [TestPacket] = []
        var dropped: [DropReason: UInt64] = [:]
    }

    /// What a receiver gets of a sender's datagrams, in that order.
    private func view(_ order: (inout [[UInt8]]) -> Void) throws -> View {
        let harness = try Harness()
        let (sender, receiver, third) = (try TestBrowser(1), try TestBrowser(2), try TestBrowser(3))
        for browser in [sender, receiver, third] { try harness.connect(browser) }
        let pair = try harness.pair(sender, receiver)
        var datagrams = try course(of: sender, count: 300, from: 65_400)
        order(&datagrams)
        for datagram in datagrams { try harness.send(datagram, from: sender.endpoint) }
        #expect(receiver.failures == 0)
        var result = View()
        for packet in receiver.media {
            #expect(result.packets[packet.payload] == nil, "twice")
            result.packets[packet.payload] = packet
        }
        result.dropped = try harness.part(pair).first.dropped
        receiver.forgetReceived()
        _ = try harness.pair(third, receiver, generation: 2)
        harness.advance(milliseconds: 10)
        try harness.send(.video(7, ssrc: third.video, wide: 7, isKey: true), from: third)
        try harness.send(.audio(7, ssrc: third.audio, wide: 8), from: third)
        try harness.send(.retransmission(7, of: 7, ssrc: third.retransmission, wide: 9), from: third)
        result.next = receiver.media
        return result
    }

    @Test(
        "a receiver's packets are those that it gets in order, less the ones that come too late",
        arguments: 0..<6 as Range<UInt64>)
    func sameView(seed: UInt64) throws {
        let ordered = try view { _ in }
        #expect(ordered.packets.count == 700)
        #expect(ordered.dropped.isEmpty)
        var copies: UInt64 = 0
        let disordered = try view { datagrams in
            var generator = SplitMix64(seed: seed)
            // The first packet of each stream begins its splice: those stay where they are.
            let head = Array(datagrams.prefix(5))
            // Each comes up to 60 places late, and one in four once more, up to 200 places later.
            var timed: [(place: Int, order: Int, datagram: [UInt8])] = []
            for (index, datagram) in datagrams.enumerated().dropFirst(5) {
                let place = index + Int.random(in: 0...60, using: &generator)
                timed.append((place, index, datagram))
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    let later = place + Int.random(in: 0...200, using: &generator)
                    timed.append((later, index, datagram))
                    copies += 1
                }
            }
            for datagram in head { timed.append((Int.random(in: 10...600, using: &generator), 0, datagram)) }
            copies += UInt64(head.count)
            timed.sort { ($0.place, $0.order) < ($1.place, $1.order) }
            datagrams = head + timed.map(\.datagram)
        }
        #expect(disordered.dropped == [.srtpReplayed: copies], "seed \(seed)")
        #expect(disordered.packets.count == ordered.packets.count)
        for (payload, packet) in disordered.packets {
            // The payload of a retransmission begins with a number, which must be the same as well.
            #expect(ordered.packets[payload] == packet, "seed \(seed)")
        }
        #expect(disordered.next == ordered.next, "the next partner goes on from the same numbers")
    }

    @Test(
        "what is later than its splice goes nowhere, and changes no number of it",
        arguments: 0..<4 as Range<UInt64>)
    func lateAcrossHolds(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let harness = try Harness()
        let (sender, receiver) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(sender)
        try harness.connect(receiver)
        let pair = try harness.pair(sender, receiver)
        var late: [[UInt8]] = []
        var wide = UInt16(truncatingIfNeeded: generator.next())
        var number: UInt16 = 65_300
        for round in 0..<20 {
            for step in 0..<20 {
                wide &+= 1
                number &+= 1
                let datagram = try sender.protect(.audio(number, ssrc: sender.audio, wide: wide))
                if step > 0, Int.random(in: 0..<5, using: &generator) == 0 {
                    late.append(datagram)
                } else {
                    try harness.send(datagram, from: sender.endpoint)
                }
            }
            let seen = receiver.media.count
            // Shut and open again: what is still under way is from before.
            try harness.order(.setGates(pair, PairGates(all: .consentSelf)))
            if round % 2 == 0 { for datagram in late { try harness.send(datagram, from: sender.endpoint) } }
            try harness.order(.setGates(pair, Harness.open))
            wide &+= 1
            number &+= 1
            try harness.send(.audio(number, ssrc: sender.audio, wide: wide), from: sender)
            if round % 2 == 1 {
                for datagram in late {
                    #expect(try harness.send(datagram, from: sender.endpoint) == .dropped(.beforeSplice))
                }
            }
            late = []
            #expect(receiver.media.count == seen + 1, "seed \(seed)")
            let after = receiver.media[seen]
            let highest = receiver.media[..<seen]
                .map { $0.sequenceNumber &- receiver.media[0].sequenceNumber }
                .max()
            #expect(
                after.sequenceNumber &- receiver.media[0].sequenceNumber == (highest ?? 0) &+ 1,
                "seed \(seed)")
        }
        #expect(receiver.failures == 0)
        #expect(Set(receiver.media.map(\.sequenceNumber)).count == receiver.media.count)
        #expect(Set(receiver.media.compactMap(\.transportWideNumber)).count == receiver.media.count)
    }
}
