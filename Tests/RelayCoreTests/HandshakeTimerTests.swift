import MediaControl
import RelayCore
import RelayTypes
import Testing

@Suite("A handshake survives lost flights, and is timed (RFC 6347 §4.2.4)")
struct HandshakeTimerTests {
    @Test("the server's flight is repeated when its answer does not come")
    func lostFlight() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        try harness.send(browser.check(), from: browser.endpoint)
        var lost = 0
        for datagram in try browser.hello() {
            lost += harness.feed(datagram, from: browser.endpoint).sent.count
        }
        #expect(lost > 0)
        #expect(harness.core.counters.handshakesCompleted == 0)
        let deadline = harness.core.deadline
        #expect(deadline > harness.now && deadline < harness.now.advanced(bySeconds: 2))
        harness.now = deadline
        try harness.fireTimers()
        #expect(harness.core.counters.handshakesCompleted == 1)
    }

    @Test("a browser that says nothing more is given up, and the leg ends with a reason")
    func silence() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        try harness.send(browser.check(), from: browser.endpoint)
        for datagram in try browser.hello() { _ = harness.feed(datagram, from: browser.endpoint) }
        var datagrams = 0
        for _ in 0..<200 where harness.core.deadline != .never {
            harness.now = max(harness.core.deadline, harness.now)
            // Consent goes on: only the handshake is silent.
            _ = harness.feed(browser.check(), from: browser.endpoint)
            harness.core.fireTimers(at: harness.now)
            datagrams += harness.core.transmits.count
            harness.core.transmits.removeAll()
            if harness.core.counters.handshakesFailed > 0 { break }
        }
        #expect(harness.core.counters.handshakesFailed == 1)
        #expect(datagrams < 200, "bounded")
        guard case .ended(_, .handshakeFailed)? = harness.core.takeEvents().last else {
            Issue.record("not ended")
            return
        }
    }

    @Test("the round trip is the time between the server's flight and its answer")
    func roundTrip() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(second)
        try harness.open(first)
        try harness.order(.expectBrowser(first.slot, first.browserParameters))
        try harness.send(first.check(), from: first.endpoint)
        var flight: [Harness.Sent] = []
        for datagram in try first.hello() { flight += harness.feed(datagram, from: first.endpoint).sent }
        harness.advance(milliseconds: 40)
        for datagram in flight {
            for answer in try first.receive(datagram.bytes) { try harness.send(answer, from: first.endpoint) }
        }
        let pair = try harness.pair(first, second)
        guard case .snapshot(_, let snapshot)? = try harness.order(.inspect(pair)).last else {
            Issue.record("no snapshot")
            return
        }
        #expect(snapshot.first.roundTripMilliseconds == 40)
    }

    @Test("at the end every browser is told goodbye")
    func goodbye() throws {
        let harness = try Harness()
        let browsers = try (0..<5 as Range<UInt8>).map { try TestBrowser($0) }
        for browser in browsers { try harness.connect(browser) }
        _ = try harness.pair(browsers[0], browsers[1])
        let hasMore = harness.core.closeLegs()
        #expect(!hasMore)
        try harness.deliverQueued()
        #expect(browsers.filter(\.isClosed).count == 5)
        #expect(harness.core.legCount == 0 && harness.core.pairCount == 0 && harness.core.endpointCount == 0)
    }

    @Test("a browser that says close_notify ends its leg at once, long after the handshake, and is answered")
    func browserCloses() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        harness.advance(milliseconds: 20_000)
        let alert = try #require(first.goodbye().first)
        var forged = alert
        forged[alert.count - 1] ^= 1
        _ = harness.feed(forged, from: first.endpoint)
        let hasEnded = harness.core.hasEvents
        #expect(!hasEnded, "whoever cannot sign it ends nothing")
        let (_, sent) = harness.feed(alert, from: first.endpoint)
        #expect(sent.count == 1 && sent.first?.destination == first.endpoint)
        let events = harness.core.takeEvents()
        #expect(events.contains { if case .ended(first.slot, .closedByBrowser) = $0 { true } else { false } })
        #expect(!events.contains { if case .ended(second.slot, _) = $0 { true } else { false } })
    }

    @Test("the server's last flight that was lost comes again when the browser repeats its own")
    func lostLastFlight() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        try harness.send(browser.check(), from: browser.endpoint)
        var flight: [Harness.Sent] = []
        for datagram in try browser.hello() { flight += harness.feed(datagram, from: browser.endpoint).sent }
        var last: [[UInt8]] = []
        for datagram in flight { last += try browser.receive(datagram.bytes) }
        for datagram in last { _ = harness.feed(datagram, from: browser.endpoint) }  // The answer is lost.
        #expect(harness.core.counters.handshakesCompleted == 1)
        #expect(!browser.isConnected)
        for datagram in try browser.repeatFlight() { try harness.send(datagram, from: browser.endpoint) }
        #expect(browser.isConnected)
        #expect(harness.core.counters.handshakesCompleted == 1)
    }
}
