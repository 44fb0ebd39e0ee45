import MediaControl
import RelayTypes
import Testing

@testable import RelayCore

@Suite("Looking ahead changes nothing, whatever it is asked about")
struct AheadTests {
    /// All steps for one datagram, as a worker does them.
    private func look(_ harness: Harness, at source: Endpoint, ssrc: UInt32) {
        harness.core.fetchPath(source)
        let leg = harness.core.fetchLeg(at: source)
        harness.core.fetchPair(of: leg, ssrc: ssrc)
        harness.core.fetchPartner(of: leg, ssrc: ssrc)
    }

    @Test("a stranger, an index of nobody and one that has never been")
    func nobody() throws {
        let harness = try Harness()
        let stranger = Endpoint(ipv4: 0x0102_0304, port: 5)
        look(harness, at: stranger, ssrc: 0)
        for index in [-1, 0, 7, Int.max, Int.min] {
            harness.core.fetchPair(of: index, ssrc: 1)
            harness.core.fetchPartner(of: index, ssrc: 1)
        }
        #expect(harness.core.legCount == 0 && harness.core.endpointCount == 0)
        #expect(harness.core.counters.received.packets == 0)
        let isSilent = harness.core.transmits.isEmpty && !harness.core.hasEvents
        #expect(isSilent)
    }

    @Test("a leg without a pair, then one whose partner goes between two steps")
    func partnerGoes() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        look(harness, at: first.endpoint, ssrc: 1)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        let leg = harness.core.fetchLeg(at: first.endpoint)
        harness.core.fetchPair(of: leg, ssrc: 1)
        try harness.order(.part(pair))
        try harness.order(.closeLeg(second.slot))
        harness.core.fetchPartner(of: leg, ssrc: 1)
        try harness.order(.closeLeg(first.slot))
        harness.core.fetchPair(of: leg, ssrc: 1)
        harness.core.fetchPartner(of: leg, ssrc: 1)
        #expect(harness.core.legCount == 0 && harness.core.pairCount == 0)
    }
}

@Suite("A buffer of plain values has its place for each, and no other")
struct FixedBufferTests {
    @Test("what is written is read, and the rest stays")
    func values() {
        var buffer = FixedBuffer(repeating: 7, count: 5)
        buffer[0] = 1
        buffer[4] &+= 1
        let seen = (0..<5).map { buffer[$0] }
        #expect(seen == [1, 7, 7, 7, 8])
        for index in -1...6 { buffer.fetch(index) }
    }

    @Test("one without room takes none")
    func empty() {
        let buffer = FixedBuffer<UInt64>()
        let count = buffer.count
        #expect(count == 0)
        buffer.fetch(0)
    }
}
