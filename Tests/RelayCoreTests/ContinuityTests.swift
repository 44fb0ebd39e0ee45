import MediaControl
import ReferenceTools
import RelayCore
import RelayTypes
import Testing

@Suite("Partners change, holds come and go, and a receiver sees one stream")
struct ContinuityTests {
    @Test(
        "sequence, transport-wide number and time go on across next and holds",
        arguments: [1, 2, 3] as [UInt64])
    func acrossPartners(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let harness = try Harness()
        let listener = try TestBrowser(0)
        try harness.connect(listener)
        let talkers = try (1...5 as ClosedRange<UInt8>).map { try TestBrowser($0) }
        for talker in talkers { try harness.connect(talker) }

        var pauses: [Int: UInt64] = [:]
        for round in 0..<20 {
            let talker = talkers[Int.random(in: 0..<5, using: &generator)]
            let pair = try harness.pair(talker, listener, generation: UInt32(round))
            // Every sender starts anywhere, near a wrap now and then.
            var number = round % 4 == 0 ? 65_530 : UInt16(truncatingIfNeeded: generator.next())
            var timestamp = UInt32(truncatingIfNeeded: generator.next())
            var wide = round % 3 == 0 ? 65_533 : UInt16(truncatingIfNeeded: generator.next())
            let start = listener.media.count
            let pause = UInt64.random(in: 1...2_000, using: &generator)
            harness.advance(milliseconds: pause)
            pauses[start] = pause
            // Its numbers since the last pair: SRTP needs them to be close, so use its own stream's course.
            let course = talker.course
            number = course.map { $0.sequenceNumber &+ 50 } ?? number
            timestamp = course.map { $0.timestamp &+ 48_000 } ?? timestamp
            wide = course.flatMap(\.transportWideNumber).map { $0 &+ 70 } ?? wide
            for _ in 0..<Int.random(in: 1...30, using: &generator) {
                let packet = TestPacket.audio(number, at: timestamp, ssrc: talker.audio, wide: wide)
                talker.course = packet
                try harness.send(packet, from: talker)
                (number, timestamp, wide) = (number &+ 1, timestamp &+ 960, wide &+ 1)
            }
            _ = try harness.part(pair)
        }
        #expect(listener.failures == 0)
        #expect(Set(listener.media.map(\.ssrc)) == [listener.parameters.sources.audio])
        for index in 1..<listener.media.count {
            let (previous, packet) = (listener.media[index - 1], listener.media[index])
            #expect(packet.sequenceNumber == previous.sequenceNumber &+ 1, "seed \(seed) at \(index)")
            #expect(
                packet.transportWideNumber == previous.transportWideNumber.map { $0 &+ 1 }, "seed \(seed)")
            let ticks = pauses[index].map { UInt32($0 * 48) } ?? 960
            #expect(packet.timestamp == previous.timestamp &+ ticks, "seed \(seed) at \(index)")
        }
    }

    @Test("what was said while held is never heard, and the release leaves no gap")
    func holdAndRelease() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        for number in 1...10 as ClosedRange<UInt16> {
            switch number {
            case 4: try harness.order(.setGates(pair, PairGates(all: .moderator)))
            case 8: try harness.order(.setGates(pair, Harness.open))
            default: break
            }
            harness.advance(milliseconds: 20)
            try harness.send(
                .audio(number, at: UInt32(number) * 960, ssrc: first.audio, wide: number), from: first)
        }
        #expect(second.media.count == 6)
        let numbers = second.media.map(\.sequenceNumber)
        #expect(numbers == (0..<6).map { numbers[0] &+ $0 })
        let times = second.media.map(\.timestamp)
        #expect(times.map { $0 &- times[0] } == [0, 960, 1_920, 6_720, 7_680, 8_640])
    }
}
