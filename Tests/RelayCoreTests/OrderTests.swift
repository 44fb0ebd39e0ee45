import MediaControl
import RelayCore
import RelayTypes
import Testing

@Suite("An order touches whom it names, or nobody")
struct OrderTests {
    private func isStale(_ events: [MediaEvent]) -> Bool {
        if case .stale? = events.last { return true }
        return false
    }

    @Test("a tally says when the last packet of each went, and nothing where none did")
    func lastPacket() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second, index: 3, generation: 1)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        let sent = harness.now
        harness.now = sent.advanced(byMilliseconds: 40)
        let tally = try harness.part(pair)
        #expect(tally.first.lastForwardedAt == sent)
        #expect(tally.second.lastForwardedAt == nil)
    }

    @Test("orders that name a former tenant are stale")
    func former() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let old = try harness.pair(first, second, index: 3, generation: 1)
        _ = try harness.part(old)
        let new = try harness.pair(first, second, index: 3, generation: 2)
        #expect(isStale(try harness.order(.setGates(old, PairGates()))))
        #expect(isStale(try harness.order(.part(old))))
        #expect(isStale(try harness.order(.inspect(old))))
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        #expect(second.media.count == 1, "the new pair is untouched")
        #expect(try harness.part(new).first.forwardedPackets == 1)

        let late = LegSlot(worker: 0, index: first.slot.index, generation: 99)
        #expect(isStale(try harness.order(.closeLeg(late))))
        #expect(isStale(try harness.order(.expectBrowser(late, first.browserParameters))))
        #expect(harness.core.legCount == 2)
    }

    @Test(
        "what cannot be done is refused: taken slots, slots beyond the table, a leg with itself, a leg twice")
    func refused() throws {
        let harness = try Harness(legs: 4)
        let browsers = try (0..<3 as Range<UInt8>).map { try TestBrowser($0) }
        for browser in browsers { try harness.connect(browser) }
        #expect(isStale(try harness.order(.openLeg(browsers[0].slot, browsers[0].parameters))))
        for index in [4, .max] as [UInt32] {
            let beyond = LegSlot(worker: 0, index: index, generation: 1)
            #expect(isStale(try harness.order(.openLeg(beyond, browsers[0].parameters))))
            let pair = PairSlot(worker: 0, index: index, generation: 1)
            #expect(
                isStale(
                    try harness.order(
                        .pair(pair, first: browsers[0].slot, second: browsers[1].slot, gates: Harness.open))))
        }
        let pair = PairSlot(worker: 0, index: 0, generation: 1)
        #expect(
            isStale(
                try harness.order(
                    .pair(pair, first: browsers[0].slot, second: browsers[0].slot, gates: Harness.open))))
        _ = try harness.pair(browsers[0], browsers[1])
        let other = PairSlot(worker: 0, index: 1, generation: 1)
        #expect(
            isStale(
                try harness.order(
                    .pair(other, first: browsers[1].slot, second: browsers[2].slot, gates: Harness.open))))
        let elsewhere = LegSlot(worker: 1, index: 3, generation: 1)
        #expect(isStale(try harness.order(.openLeg(elsewhere, browsers[0].parameters))))
    }

    @Test("closing a leg parts its pair, and the partner lives on")
    func closing() throws {
        let harness = try Harness()
        let (first, second, third) = (try TestBrowser(1), try TestBrowser(2), try TestBrowser(3))
        for browser in [first, second, third] { try harness.connect(browser) }
        let pair = try harness.pair(first, second)
        try harness.order(.closeLeg(second.slot))
        #expect(second.isClosed, "close_notify")
        #expect(harness.core.pairCount == 0)
        #expect(isStale(try harness.order(.part(pair))))
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) == .dropped(.noPair))
        _ = try harness.pair(first, third)
        try harness.send(.audio(2, ssrc: first.audio), from: first)
        #expect(third.media.count == 1)
        #expect(try harness.send(second.check(), from: second.endpoint) == .dropped(.stunUnauthenticated))
    }

    @Test("a pair with a leg that has ended forwards nothing, and may be parted")
    func endedLeg() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        for datagram in second.goodbye() { try harness.send(datagram, from: second.endpoint) }
        #expect(try harness.send(.audio(1, ssrc: first.audio), from: first) == .dropped(.partnerNotReady))
        #expect(try harness.part(pair).first.dropped == [.partnerNotReady: 1])
    }

    @Test("a browser's promise stands once its handshake has begun")
    func promise() throws {
        let harness = try Harness()
        let (browser, other) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(browser)
        #expect(isStale(try harness.order(.expectBrowser(browser.slot, other.browserParameters))))
        #expect(try harness.isAccepted(.expectBrowser(browser.slot, browser.browserParameters)))
    }

    @Test("a snapshot tells state, address, profile, time and tally")
    func snapshot() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        var gates = Harness.open
        gates[.second, .video] = .moderator
        let pair = try harness.pair(first, second, gates: gates)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        try harness.send(.video(1, ssrc: second.video), from: second)
        guard case .snapshot(_, let snapshot)? = try harness.order(.inspect(pair)).last else {
            Issue.record("no snapshot")
            return
        }
        #expect(snapshot.gates == gates)
        #expect(snapshot.first.state == .connected)
        #expect(snapshot.first.remote == first.endpoint)
        #expect(snapshot.first.profile == .aeadAES128GCM)
        #expect(snapshot.first.dtlsVersion == "DTLSv1.2")
        #expect(snapshot.first.roundTripMilliseconds == 0, "the clock stood still")
        #expect(snapshot.tally.first.forwardedPackets == 1)
        #expect(snapshot.tally.first.forwardedBytes == 16 + 16, "header, payload and tag")
        #expect(snapshot.tally.second.dropped == [.held: 1])
    }

    @Test("a leg can be looked at before it has a partner, and a former tenant's cannot")
    func legSnapshot() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.connect(browser)
        guard case .legSnapshot(_, let leg)? = try harness.order(.inspectLeg(browser.slot)).last else {
            Issue.record("no snapshot")
            return
        }
        #expect(leg.state == .connected && leg.remote == browser.endpoint)
        #expect(try harness.isAccepted(.closeLeg(browser.slot)))
        #expect(isStale(try harness.order(.inspectLeg(browser.slot))))
    }

    @Test("a survey tells what every pair has had forwarded, by side")
    func survey() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        guard case .survey(_, let none)? = try harness.order(.survey(worker: first.slot.worker)).last else {
            Issue.record("no survey")
            return
        }
        #expect(none.isEmpty)
        let pair = try harness.pair(first, second, gates: Harness.open)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        guard case .survey(_, let one)? = try harness.order(.survey(worker: first.slot.worker)).last else {
            Issue.record("no survey")
            return
        }
        #expect(one == [PairTraffic(slot: pair, first: (1, 32), second: (0, 0))])
        #expect(isStale(try harness.order(.survey(worker: first.slot.worker + 1))))
    }
}
