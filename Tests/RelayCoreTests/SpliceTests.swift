import ReferenceTools
import RelayTypes
import Testing

@testable import RelayCore

@Suite("A splice continues the receiver's numbers (PROTOCOL.md section 3)")
struct SpliceTests {
    private let start = MonotonicInstant(nanoseconds: 5_000_000_000)
    private let sources = OutboundSources(audio: 1, video: 2, retransmission: 3)

    private func packet(
        _ role: StreamRole, _ sequenceNumber: UInt16, at timestamp: UInt32 = 0, ssrc: UInt32 = 9,
        isKey: Bool = false, original: UInt16? = nil
    ) -> Splice.Inbound {
        Splice.Inbound(
            role: role, ssrc: ssrc, sequenceNumber: sequenceNumber, timestamp: timestamp,
            originalSequenceNumber: original, isKeyFrameStart: isKey)
    }

    @Test("numbers continue by exactly 1 across partners, wherever either sender is in its range")
    func continues() throws {
        var generator = SplitMix64(seed: 42)
        var sent = OutboundStreams(sources)
        var now = start
        var last: Splice.Outbound?
        for _ in 0..<200 {
            var splice = Splice()
            var sequenceNumber = UInt16(truncatingIfNeeded: generator.next())
            var timestamp = UInt32(truncatingIfNeeded: generator.next())
            let pause = UInt64.random(in: 0...3_000, using: &generator)
            now = now.advanced(byMilliseconds: pause)
            for index in 0..<Int.random(in: 1...400, using: &generator) {
                let placed = try #require(
                    splice.place(
                        packet(.audio, sequenceNumber, at: timestamp), after: &sent, at: now))
                if let last {
                    #expect(placed.sequenceNumber == last.sequenceNumber &+ 1)
                    let ticks = index == 0 ? max(UInt32(pause * 48), 1) : 960
                    #expect(placed.timestamp == last.timestamp &+ ticks, "pause \(pause) ms")
                }
                last = placed
                sequenceNumber &+= 1
                timestamp &+= 960
            }
        }
    }

    @Test("late packets of the splice find their place, packets from before it have none")
    func late() throws {
        var sent = OutboundStreams(sources)
        var splice = Splice()
        let first = try #require(splice.place(packet(.audio, 65_534), after: &sent, at: start))
        let third = try #require(splice.place(packet(.audio, 0), after: &sent, at: start))
        let second = try #require(splice.place(packet(.audio, 65_535), after: &sent, at: start))
        #expect(second.sequenceNumber == first.sequenceNumber &+ 1)
        #expect(third.sequenceNumber == first.sequenceNumber &+ 2)
        #expect(splice.place(packet(.audio, 65_533), after: &sent, at: start) == nil)
        // The same number is late again only relative to the highest: 40,000 packets later it is new.
        for number in 1...40_000 as ClosedRange<UInt16> {
            #expect(splice.place(packet(.audio, number), after: &sent, at: start) != nil)
        }
        #expect(splice.place(packet(.audio, 39_999), after: &sent, at: start) != nil)
        // And the next splice starts behind the highest, not behind the latest.
        let highest = sent.audio.sequenceNumber
        splice.end(.audio)
        let next = try #require(splice.place(packet(.audio, 7), after: &sent, at: start))
        #expect(next.sequenceNumber == highest &+ 1)
    }

    @Test("video starts with a key frame, and so does every other SSRC of it")
    func keyFrames() throws {
        var sent = OutboundStreams(sources)
        var splice = Splice()
        #expect(splice.place(packet(.video, 1), after: &sent, at: start) == nil)
        #expect(splice.place(packet(.retransmission, 1, original: 1), after: &sent, at: start) == nil)
        let key = try #require(splice.place(packet(.video, 2, isKey: true), after: &sent, at: start))
        #expect(splice.place(packet(.video, 3), after: &sent, at: start) != nil)
        #expect(splice.place(packet(.video, 1), after: &sent, at: start) == nil)
        // Another SSRC: its delta frames wait, too.
        #expect(splice.place(packet(.video, 500, ssrc: 10), after: &sent, at: start) == nil)
        let other = try #require(
            splice.place(packet(.video, 501, ssrc: 10, isKey: true), after: &sent, at: start))
        #expect(other.sequenceNumber == key.sequenceNumber &+ 2)
    }

    @Test("a retransmission names the number and the time that the receiver knows (RFC 4588 §4)")
    func retransmissions() throws {
        var sent = OutboundStreams(sources)
        var splice = Splice()
        let key = try #require(
            splice.place(packet(.video, 65_535, at: 900, isKey: true), after: &sent, at: start))
        let next = try #require(splice.place(packet(.video, 0, at: 4_500), after: &sent, at: start))
        let repeated = try #require(
            splice.place(
                packet(.retransmission, 77, at: 900, ssrc: 8, original: 65_535), after: &sent, at: start))
        #expect(repeated.originalSequenceNumber == key.sequenceNumber)
        #expect(repeated.timestamp == key.timestamp)
        #expect(repeated.ssrc == sources.retransmission)
        let second = try #require(
            splice.place(
                packet(.retransmission, 78, at: 4_500, ssrc: 8, original: 0), after: &sent, at: start))
        #expect(second.originalSequenceNumber == next.sequenceNumber)
        #expect(second.sequenceNumber == repeated.sequenceNumber &+ 1)
        #expect(
            splice.place(packet(.retransmission, 79, ssrc: 8, original: 65_534), after: &sent, at: start)
                == nil,
            "repeats what was sent before the splice")
        #expect(
            splice.place(packet(.retransmission, 80, ssrc: 8), after: &sent, at: start) != nil, "padding only"
        )
    }

    @Test("the first number stays below 2^15, so that a lost first packet costs nothing (RFC 3711 §3.3.1)")
    func firstNumber() {
        for seed in 0..<1_000 as Range<UInt64> {
            let mixed = seed &* 0x9e37_79b9_7f4a_7c15
            #expect(OutboundStream(ssrc: 1, clock: 48, seed: mixed).sequenceNumber < 0x8000)
        }
    }
}
