import MediaControl
import RelayCore
import RelayTypes
import STUNCodec
import Testing

@Suite("A leg follows authenticated checks, and ends without consent (RFC 8445 §7.3, RFC 7675)")
struct AddressTests {
    private func moved(_ harness: Harness) -> [Endpoint] {
        harness.core.takeEvents()
            .compactMap { event in
                if case .moved(_, let endpoint) = event { return endpoint }
                return nil
            }
    }

    private func pair() throws -> (Harness, TestBrowser, TestBrowser) {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        return (harness, first, second)
    }

    private let elsewhere = Endpoint(ipv4: 0xcb00_7109, port: 5_555)

    @Test("a nominated check from a new address moves media there")
    func nomination() throws {
        let (harness, first, second) = try pair()
        harness.add(elsewhere, of: second)
        try harness.send(second.check(isNominated: true), from: elsewhere)
        #expect(moved(harness) == [elsewhere])
        let (outcome, _) = harness.feed(
            try first.protect(.audio(1, ssrc: first.audio)), from: first.endpoint)
        guard case .forward(_, let destination) = outcome else {
            Issue.record("not forwarded: \(outcome)")
            return
        }
        #expect(destination == elsewhere)
    }

    @Test("media from an address without a check is dropped, authentic or not")
    func unknownAddress() throws {
        let (harness, first, second) = try pair()
        let datagram = try first.protect(.audio(1, ssrc: first.audio))
        #expect(try harness.send(datagram, from: elsewhere) == .dropped(.unknownAddress))
        #expect(second.media.isEmpty)
        #expect(moved(harness).isEmpty)
        #expect(
            try harness.send(datagram, from: first.endpoint) != .dropped(.srtpReplayed),
            "it disturbed nothing")
    }

    @Test("authentic media from another checked address moves the leg; forged media does not")
    func media() throws {
        let (harness, first, _) = try pair()
        harness.add(elsewhere, of: first)
        try harness.send(first.check(), from: elsewhere)
        #expect(moved(harness).isEmpty, "not nominated, and the selected one is alive")
        harness.advance(milliseconds: 200)
        var forged = try first.protect(.audio(1, ssrc: first.audio))
        forged[forged.count - 1] ^= 1
        #expect(try harness.send(forged, from: elsewhere) == .dropped(.srtpUnauthenticated))
        #expect(moved(harness).isEmpty)
        try harness.send(.audio(2, ssrc: first.audio), from: first)
        #expect(moved(harness).isEmpty)
        try harness.send(try first.protect(.audio(3, ssrc: first.audio)), from: elsewhere)
        #expect(moved(harness) == [elsewhere])
    }

    @Test("an address jumps back and forth: told at most every 100 ms")
    func jumping() throws {
        let (harness, first, _) = try pair()
        harness.add(elsewhere, of: first)
        for round in 0..<1_000 {
            try harness.send(
                first.check(isNominated: true), from: round % 2 == 0 ? elsewhere : first.endpoint)
        }
        #expect(moved(harness) == [elsewhere])
        harness.advance(milliseconds: 100)
        try harness.send(first.check(isNominated: true), from: first.endpoint)
        #expect(moved(harness) == [first.endpoint])
        #expect(harness.core.endpointCount == 3)
    }

    @Test("the spoofed address of another browser is not taken away from it")
    func stolenAddress() throws {
        let (harness, first, second) = try pair()
        harness.advance(milliseconds: 14_999)
        let (outcome, sent) = harness.feed(second.check(isNominated: true), from: first.endpoint)
        #expect(outcome == .dropped(.stunUnauthenticated))
        #expect(sent.isEmpty)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        #expect(second.media.count == 1)
        // Silent for 15 s: a NAT may have given the address to somebody else.
        harness.advance(milliseconds: 1)
        #expect(harness.feed(second.check(isNominated: true), from: first.endpoint).outcome == .consumed)
    }

    @Test("30 s without a check stop media at once, and end the leg")
    func consentExpiry() throws {
        let (harness, first, second) = try pair()
        harness.advance(milliseconds: 29_000)
        try harness.send(first.check(), from: first.endpoint)
        harness.advance(milliseconds: 999)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        #expect(second.media.count == 1)
        harness.advance(milliseconds: 1)
        #expect(try harness.send(.audio(2, ssrc: first.audio), from: first) == .dropped(.partnerNotReady))
        #expect(harness.core.deadline <= harness.now)
        try harness.fireTimers()
        let ended = harness.core.takeEvents()
            .compactMap { event -> LegSlot? in
                if case .ended(let slot, .consentExpired) = event { return slot }
                return nil
            }
        #expect(ended == [second.slot])
        #expect(harness.core.endpointCount == 1)
        #expect(try harness.send(second.check(), from: second.endpoint) == .dropped(.stunUnauthenticated))
    }

    @Test("checks on any path keep the leg alive")
    func consentRefresh() throws {
        let (harness, first, _) = try pair()
        for _ in 0..<20 {
            harness.advance(milliseconds: 20_000)
            try harness.send(first.check(), from: elsewhere)
            try harness.fireTimers()
        }
        let ended = harness.core.takeEvents()
            .filter { event in
                if case .ended(let slot, _) = event { return slot == first.slot }
                return false
            }
        #expect(ended.isEmpty)
    }

    @Test("one browser has four paths at most")
    func fourPaths() throws {
        let (harness, first, _) = try pair()
        for port in 0..<100 as Range<UInt16> {
            try harness.send(first.check(), from: Endpoint(ipv4: 0xcb00_7109, port: 1_000 + port))
        }
        #expect(harness.core.endpointCount == 5)
        try harness.order(.closeLeg(first.slot))
        #expect(harness.core.endpointCount == 1)
    }
}
