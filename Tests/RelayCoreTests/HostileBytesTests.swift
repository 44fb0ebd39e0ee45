import MediaControl
import ReferenceTools
import RelayCore
import RelayTypes
import Testing

@Suite("Hostile bytes are counted and change nothing")
struct HostileBytesTests {
    private func pair() throws -> (Harness, TestBrowser, TestBrowser, PairSlot) {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        return (harness, first, second, try harness.pair(first, second))
    }

    @Test("a replayed packet and a forged one are dropped by reason, and the next one passes")
    func replayAndForgery() throws {
        let (harness, first, second, pair) = try pair()
        let datagram = try first.protect(.audio(1, ssrc: first.audio))
        try harness.send(datagram, from: first.endpoint)
        #expect(try harness.send(datagram, from: first.endpoint) == .dropped(.srtpReplayed))
        for position in datagram.indices {
            var forged = try first.protect(.audio(2 + UInt16(position), ssrc: first.audio))
            forged[position] ^= 0x01
            let outcome = try harness.send(forged, from: first.endpoint)
            #expect(outcome != .consumed && !isForwarded(outcome), "byte \(position)")
        }
        let report = try first.protect(rtcp: RTCP.senderReport(of: first.audio))
        try harness.send(report, from: first.endpoint)
        #expect(try harness.send(report, from: first.endpoint) == .dropped(.srtpReplayed))
        try harness.send(.audio(100, ssrc: first.audio), from: first)
        #expect(second.media.count == 2)
        #expect(second.failures == 0)
        let dropped = try harness.part(pair).first.dropped
        #expect(dropped[.srtpReplayed] == 2)
        #expect((dropped[.srtpUnauthenticated] ?? 0) > 20)
    }

    private func isForwarded(_ outcome: RelayOutcome) -> Bool {
        if case .forward = outcome { return true }
        return false
    }

    @Test("random bytes from strangers get no answer and leave nothing", arguments: [1, 2, 3, 4] as [UInt64])
    func strangers(seed: UInt64) throws {
        let (harness, _, _, _) = try pair()
        var generator = SplitMix64(seed: seed)
        for step in 0..<Rounds.of(5_000) {
            let source = Endpoint(ipv4: UInt32(truncatingIfNeeded: generator.next()), port: 9)
            let (outcome, sent) = harness.feed(bytes(&generator), from: source)
            guard case .dropped = outcome, sent.isEmpty else {
                Issue.record("seed \(seed) step \(step): \(outcome), \(sent.count) sent")
                return
            }
        }
        #expect(harness.core.endpointCount == 2)
        #expect(harness.core.legCount == 2)
    }

    @Test("random bytes from a known address do not stop the media", arguments: [5, 6, 7, 8] as [UInt64])
    func knownAddress(seed: UInt64) throws {
        let (harness, first, second, _) = try pair()
        var generator = SplitMix64(seed: seed)
        for step in 0..<Rounds.of(2_000) {
            let (outcome, _) = harness.feed(bytes(&generator), from: first.endpoint)
            guard !isForwarded(outcome) else {
                Issue.record("seed \(seed) step \(step): \(outcome)")
                return
            }
        }
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        #expect(second.media.count == 1, "seed \(seed)")
    }

    @Test(
        "an authenticated browser that sends nonsense hurts nobody", arguments: [9, 10, 11, 12] as [UInt64])
    func maliciousBrowser(seed: UInt64) throws {
        let (harness, first, second, _) = try pair()
        var generator = SplitMix64(seed: seed)
        for _ in 0..<Rounds.of(1_000) {
            var rtcp = bytes(&generator)
            rtcp += Array(repeating: 0, count: max(0, 8 - rtcp.count))
            rtcp[0] = 0x80 | rtcp[0] & 0x3f
            rtcp[1] = 200 + rtcp[1] % 8
            if let datagram = try? first.protect(rtcp: rtcp) {
                try harness.send(datagram, from: first.endpoint)
            }
            var rtp = bytes(&generator)
            rtp += Array(repeating: 0, count: max(0, 12 - rtp.count))
            rtp[0] = 0x80 | rtp[0] & 0x3f
            rtp[1] = [96, 97, 111, 224, 225, 239, 5][Int(generator.next() % 7)]
            if let datagram = try? first.protect(rtp: rtp) {
                try harness.send(datagram, from: first.endpoint)
            }
        }
        #expect(harness.core.legCount == 2)
        try harness.send(.audio(1, ssrc: second.audio), from: second)
        #expect(first.media.last?.ssrc == first.parameters.sources.audio, "seed \(seed)")
    }

    @Test("an authenticated browser may use 16 SSRCs, not one more")
    func manySources() throws {
        let (harness, first, second, _) = try pair()
        for ssrc in 1...40 as ClosedRange<UInt32> {
            let outcome = try harness.send(.audio(UInt16(ssrc), ssrc: ssrc), from: first)
            if ssrc <= 16 {
                #expect(isForwarded(outcome))
            } else {
                #expect(outcome == .dropped(.unexpectedStream))
            }
        }
        let numbers = second.media.map(\.sequenceNumber)
        #expect(numbers == (0..<16).map { numbers[0] &+ $0 }, "each is spliced to the one before")
        #expect(second.failures == 0)
        #expect(try harness.send(.audio(50, ssrc: 3), from: first) == .dropped(.beforeSplice), "retired")
        var foreign = TestPacket.audio(60, ssrc: 16)
        foreign.payloadType = 100
        #expect(try harness.send(foreign, from: first) == .dropped(.unexpectedStream))
    }

    /// Anything, with a first byte that leads somewhere more often than chance would.
    private func bytes(_ generator: inout SplitMix64) -> [UInt8] {
        let count = Int.random(in: 0...1_500, using: &generator) >> Int(generator.next() % 6)
        var result = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        if count > 1 {
            switch generator.next() % 5 {
            case 0: result[0] = 0x80
            case 1: (result[0], result[1]) = (0x81, 200 + result[1] % 8)
            case 2: result[0] = 22
            case 3:
                result[0] = 0
                result[1] = 1
            default: break
            }
        }
        return result
    }
}
