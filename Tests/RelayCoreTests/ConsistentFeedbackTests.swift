import MediaControl
import ReferenceTools
import RelayCore
import RelayTypes
import Testing
import Wire

@Suite("What a sender is told never contradicts itself")
struct ConsistentFeedbackTests {
    /// A receiver's transport-wide feedback: every message goes on where the last one ended.
    private struct Receiver {
        var next: UInt16?
        var count: UInt8 = 0

        /// - Returns: empty when there is nothing new.
        mutating func feedback(about media: UInt32, _ numbers: [UInt16], at now: MonotonicInstant) -> [UInt8]
        {
            let arrivals = numbers.enumerated()
                .map {
                    // Its clock is its own.
                    TransportArrival(
                        sequenceNumber: $1, microseconds: now.nanoseconds / 1_000 - 900_000_000 + UInt64($0))
                }
            let (base, count) = (next, count)
            let bytes = Slot()
                .run { span in
                    var writer = RTCPWriter()
                    writer.appendTransportFeedback(
                        sender: 1, media: media, feedbackCount: count, base: base, arrivals: arrivals.span,
                        into: &span)
                    return writer.length
                }
            if let last = numbers.last {
                next = last &+ 1
                self.count &+= 1
            }
            return bytes
        }
    }

    @Test(
        "holds of either channel come and go under loss: whatever arrived is told once, and never as lost",
        arguments: 0..<8 as Range<UInt64>)
    func changingGates(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        var receiver = Receiver()
        var wide = UInt16(truncatingIfNeeded: generator.next())
        var (audio, video): (UInt16, UInt16) = (1, 1)
        var arrived: Set<UInt16> = []
        var seen = 0
        for step in 0..<2_000 {
            if step % 100 == 0 {
                try harness.send(second.check(), from: second.endpoint)
                try harness.send(first.check(), from: first.endpoint)
            }
            if Int.random(in: 0..<60, using: &generator) == 0 {
                var gates = Harness.open
                if Bool.random(using: &generator) { gates[.first, .video] = .moderator }
                if Int.random(in: 0..<3, using: &generator) == 0 { gates[.first, .audio] = .moderator }
                try harness.order(.setGates(pair, gates))
            }
            wide &+= 1
            let isLost = Int.random(in: 0..<12, using: &generator) == 0
            if Bool.random(using: &generator) {
                audio &+= 1
                if !isLost {
                    try harness.send(.audio(audio, ssrc: first.audio, wide: wide), from: first)
                }
            } else {
                video &+= 1
                if !isLost {
                    try harness.send(
                        .video(video, ssrc: first.video, wide: wide, isKey: step % 10 == 0), from: first)
                }
            }
            if !isLost { arrived.insert(wide) }
            harness.advance(milliseconds: 7)
            if step % 10 == 9 {
                let numbers = second.media[seen...].compactMap(\.transportWideNumber)
                seen = second.media.count
                let bytes = receiver.feedback(
                    about: second.parameters.sources.video, numbers, at: harness.now)
                if !bytes.isEmpty { try harness.send(rtcp: bytes, from: second) }
            }
            try harness.fireTimers()
        }
        var told: [UInt16: Int] = [:]
        for status in try first.arrivals.flatMap(\.times) {
            if status.ticks != nil {
                told[status.number, default: 0] += 1
                #expect(arrived.contains(status.number), "\(status.number) never arrived")
            } else {
                #expect(!arrived.contains(status.number), "\(status.number) arrived, and was told lost")
            }
        }
        #expect(told.values.allSatisfy { $0 == 1 }, "\(told.filter { $0.value > 1 })")
        // Where the teller changes a few are nobody's.
        let untold = arrived.filter { told[$0] == nil }
        #expect(untold.count < arrived.count / 10, "\(untold.count) of \(arrived.count)")
    }
}
