import Testing

@testable import LoadEngine

@Suite("A packet of before its window") struct QueueWaitsTests {
    private static let second: UInt64 = 1_000_000_000

    private func leaks(_ wait: UInt64, beside honest: [(wait: UInt64, at: UInt64)]) -> UInt64 {
        var waits = QueueWaits()
        for packet in honest { waits.note(wait: packet.wait, at: packet.at) }
        waits.noteDoubtful(wait: wait, at: 10 * Self.second)
        return waits.leaks
    }

    @Test("is a leak where no other packet waited as long") func unexplained() {
        #expect(leaks(150, beside: []) == 1)
        #expect(leaks(150, beside: [(100, 10 * Self.second)]) == 1)
        #expect(leaks(150, beside: [(200, 12 * Self.second)]) == 1, "at another time")
        #expect(leaks(150, beside: [(200, 8 * Self.second)]) == 1)
    }

    @Test("is none where others waited as long within the second") func explained() {
        #expect(leaks(150, beside: [(120, 10 * Self.second)]) == 0)
        #expect(leaks(150, beside: [(200, 11 * Self.second)]) == 0)
        #expect(leaks(150, beside: [(200, 9 * Self.second), (10, 10 * Self.second)]) == 0)
    }

    @Test("is judged with what all threads have seen") func threads() {
        var one = QueueWaits()
        one.noteDoubtful(wait: 150, at: 10 * Self.second)
        var other = QueueWaits()
        other.note(wait: 200, at: 10 * Self.second)
        one.add(other)
        #expect(one.leaks == 0)
        var tally = EngineTally()
        tally.waits = one
        tally.waits.noteDoubtful(wait: 400, at: 10 * Self.second)
        tally.judgeDoubtful()
        #expect(tally.leaks == [.held: 1])
        #expect(tally.earlyPackets == 1)
    }

    @Test("is a leak where there are too many to remember") func bounded() {
        var waits = QueueWaits()
        waits.note(wait: 200, at: 0)
        for _ in 0..<30_000 { waits.noteDoubtful(wait: 150, at: 0) }
        #expect(waits.leaks == 10_000)
    }
}
