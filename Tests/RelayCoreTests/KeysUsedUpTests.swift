import MediaControl
import RelayTypes
import Testing

@testable import RelayCore

@Suite("A leg ends before its keys have protected more than they may (RFC 3711 §9.2)")
struct KeysUsedUpTests {
    /// Where keys count as used up.
    private static let late: (rtp: UInt64, rtcp: UInt64) = (1 << 48 - 1 << 26, 1 << 31 - 1 << 16)

    private func pair() throws -> (Harness, TestBrowser, TestBrowser, PairSlot) {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        return (harness, first, second, try harness.pair(first, second))
    }

    private func set(_ harness: Harness, _ browser: TestBrowser, rtp: UInt64, rtcp: UInt64, ssrc: UInt32) {
        harness.core.legs[Int(browser.slot.index)].cipher?.setNewest(rtp: rtp, rtcp: rtcp, ssrc: ssrc)
    }

    private func ends(_ harness: Harness) -> [LegSlot: LegEnd] {
        var found: [LegSlot: LegEnd] = [:]
        for case .ended(let slot, let end) in harness.core.takeEvents() { found[slot] = end }
        return found
    }

    @Test("what was sent to a browser, as RTP: its next check ends it, and nothing more is sent")
    func outboundRTP() throws {
        let (harness, first, second, pair) = try pair()
        let ssrc = second.parameters.sources.audio
        set(harness, second, rtp: Self.late.rtp - 1 << 16, rtcp: 0, ssrc: ssrc)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        try harness.send(second.check(), from: second.endpoint)
        #expect(ends(harness).isEmpty, "not before")
        set(harness, second, rtp: Self.late.rtp, rtcp: 0, ssrc: ssrc)
        try harness.send(.audio(2, ssrc: first.audio), from: first)
        try harness.send(second.check(), from: second.endpoint)
        #expect(ends(harness) == [second.slot: .keysUsedUp])
        #expect(second.isClosed)
        #expect(try harness.send(.audio(3, ssrc: first.audio), from: first) == .dropped(.partnerNotReady))
        _ = try harness.part(pair)
        #expect(try harness.isAccepted(.closeLeg(second.slot)))
    }

    @Test("a stream at its very end is not sent, and ends the leg at once")
    func hardLimit() throws {
        let (harness, first, second, _) = try pair()
        set(harness, second, rtp: 1 << 48 - 1, rtcp: 0, ssrc: second.parameters.sources.audio)
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) != .consumed)
        try harness.send(.audio(2, ssrc: first.audio), from: first)
        #expect(second.media.isEmpty)
        #expect(ends(harness) == [second.slot: .keysUsedUp])
    }

    @Test("what was sent to a browser, as RTCP")
    func outboundRTCP() throws {
        let (harness, first, second, _) = try pair()
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        let ssrc = second.parameters.sources.audio
        set(harness, second, rtp: 0, rtcp: Self.late.rtcp - 2, ssrc: ssrc)
        try harness.send(rtcp: RTCP.senderReport(of: first.audio), from: first)
        #expect(ends(harness).isEmpty, "not before")
        try harness.send(rtcp: RTCP.senderReport(of: first.audio), from: first)
        #expect(ends(harness) == [second.slot: .keysUsedUp])
        #expect(second.feedback.count == 2)
    }

    @Test(
        "what a browser has sent, once it has authenticated; forgeries end nothing", arguments: [false, true])
    func inbound(isRTCP: Bool) throws {
        let (harness, first, second, _) = try pair()
        set(
            harness, first, rtp: Self.late.rtp - 1 << 14, rtcp: Self.late.rtcp - 1 << 14, ssrc: first.audio)
        func datagram(after index: (rtp: UInt64, rtcp: UInt64)) throws -> [UInt8] {
            isRTCP
                ? try first.protect(
                    rtcp: RTCP.goodbye(of: first.audio), after: index.rtcp, ssrc: first.audio)
                : try first.protect(
                    rtp: TestPacket.audio(UInt16(truncatingIfNeeded: index.rtp &+ 1), ssrc: first.audio)
                        .bytes,
                    after: index.rtp, ssrc: first.audio)
        }
        var forged = try datagram(after: Self.late)
        forged[forged.count - 6] ^= 1
        #expect(try harness.send(forged, from: first.endpoint) == .dropped(.srtpUnauthenticated))
        try harness.send(first.check(), from: first.endpoint)
        try harness.send(
            try datagram(after: (Self.late.rtp - 100, Self.late.rtcp - 100)), from: first.endpoint)
        try harness.send(first.check(), from: first.endpoint)
        #expect(ends(harness).isEmpty)
        try harness.send(try datagram(after: Self.late), from: first.endpoint)
        try harness.send(first.check(), from: first.endpoint)
        #expect(ends(harness) == [first.slot: .keysUsedUp])
        #expect(second.failures == 0)
    }
}
