import RelayTypes
import Testing

@testable import Forwarder

@Suite("A pause gathers datagrams, and nobody waits for nothing")
struct CoalescerTests {
    private static let limit: UInt64 = 200_000

    /// What is paused after each turn of a second of steady traffic, in nanoseconds.
    private func pauses(perSecond rate: UInt64, limit: UInt64 = Self.limit, isFull: Bool = false) -> [UInt64]
    {
        var coalescer = Coalescer(limit: limit)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        return (0..<rate)
            .map { _ in
                now = now.advanced(byNanoseconds: 1_000_000_000 / rate)
                return coalescer.pause(after: 1, isFull: isFull, at: now)
            }
    }

    @Test("not for one pair", arguments: [1, 100, 600, 3_000] as [UInt64])
    func littleTraffic(rate: UInt64) {
        #expect(pauses(perSecond: rate).allSatisfy { $0 == 0 })
    }

    @Test("as long as it may at 20,000 packets a second, once that is known")
    func mediumTraffic() {
        let pauses = pauses(perSecond: 20_000)
        #expect(pauses.first == 0)
        #expect(pauses.suffix(10_000).allSatisfy { $0 == Self.limit })
    }

    @Test("shorter the more there is to gather")
    func muchTraffic() throws {
        let pause = try #require(pauses(perSecond: 1_000_000).last)
        #expect(pause > 0 && pause <= 40_000)
    }

    @Test("never after a full batch: more is waiting")
    func saturated() {
        #expect(pauses(perSecond: 100_000, isFull: true).allSatisfy { $0 == 0 })
    }

    @Test("never where the operator says 0")
    func off() {
        #expect(pauses(perSecond: 100_000, limit: 0).allSatisfy { $0 == 0 })
    }

    @Test("not for the packets of one key frame, and no more once traffic has ended")
    func bursts() {
        var coalescer = Coalescer(limit: Self.limit)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        #expect(coalescer.pause(after: 60, isFull: false, at: now) == 0)
        for _ in 0..<2_000 {
            now = now.advanced(byNanoseconds: 50_000)
            _ = coalescer.pause(after: 5, isFull: false, at: now)
        }
        #expect(coalescer.pause(after: 1, isFull: false, at: now) > 0)
        now = now.advanced(byNanoseconds: 60_000_000)
        #expect(coalescer.pause(after: 1, isFull: false, at: now) == 0)
    }
}
