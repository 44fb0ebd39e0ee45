import DTLS
import MediaControl
import RelayCore
import RelayTypes
import STUNCodec
import Testing

@Suite("Authenticated ICE opens the way to DTLS, DTLS to SRTP, and nothing else does")
struct ProtocolOrderTests {
    @Test("DTLS from an address without a check gets no answer")
    func dtlsFirst() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        for datagram in try browser.hello() {
            let (outcome, sent) = harness.feed(datagram, from: browser.endpoint)
            #expect(outcome == .dropped(.unknownAddress))
            #expect(sent.isEmpty)
        }
        #expect(harness.core.endpointCount == 0)
    }

    @Test("a check before the answer is answered; DTLS is not listened to")
    func dtlsBeforeAnswer() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.send(browser.check(), from: browser.endpoint)
        #expect(browser.responses == [.mapped(browser.endpoint)])
        let hello = try browser.hello()
        for datagram in hello {
            let (outcome, sent) = harness.feed(datagram, from: browser.endpoint)
            #expect(outcome == .dropped(.dtlsUnexpected))
            #expect(sent.isEmpty)
        }
        // Once the answer is there, the browser's repetition succeeds.
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        for datagram in hello { try harness.send(datagram, from: browser.endpoint) }
        #expect(harness.core.counters.handshakesCompleted == 1)
    }

    @Test("RTP and RTCP before keys are dropped, from a known address too")
    func mediaBeforeKeys() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        let rtp = TestPacket.audio(1, ssrc: 5).bytes + Array(repeating: 0, count: 16)
        let rtcp: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5] + Array(repeating: 0, count: 20)
        #expect(harness.feed(rtp, from: browser.endpoint).outcome == .dropped(.unknownAddress))
        #expect(harness.feed(rtcp, from: browser.endpoint).outcome == .dropped(.unknownAddress))
        try harness.send(browser.check(), from: browser.endpoint)
        #expect(harness.feed(rtp, from: browser.endpoint).outcome == .dropped(.noKeys))
        #expect(harness.feed(rtcp, from: browser.endpoint).outcome == .dropped(.noKeys))
    }

    @Test(
        "a check with the wrong password, for nobody, or for another worker opens nothing and gets no answer")
    func wrongChecks() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        func outcome(_ username: String, _ password: String) -> RelayOutcome {
            var client = STUNClient(username: username, password: password)
            let request = Slot().run { client.request(into: &$0) }
            let (outcome, sent) = harness.feed(request, from: browser.endpoint)
            #expect(sent.isEmpty)
            return outcome
        }
        let credentials = browser.credentials
        #expect(outcome(credentials.usernameFragment + ":x", "wrong") == .dropped(.stunUnauthenticated))
        #expect(outcome("AAAAAAAAAAAAAAAA:x", credentials.password) == .dropped(.stunUnauthenticated))
        #expect(outcome("AABAAABAAAAAAAAA:x", credentials.password) == .dropped(.stunUnauthenticated))
        #expect(outcome("nonsense:x", credentials.password) == .dropped(.stunUnauthenticated))
        #expect(outcome("nocolon", credentials.password) == .dropped(.stunMalformed))
        // The right place, another random part.
        let other = credentials.usernameFragment.dropLast() + "A:x"
        #expect(outcome(String(other), credentials.password) == .dropped(.stunUnauthenticated))
        #expect(harness.core.endpointCount == 0)
        // Once the answer is read, the browser's fragment must be right as well.
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        #expect(
            outcome(credentials.usernameFragment + ":other", credentials.password)
                == .dropped(.stunUnauthenticated))
    }

    @Test("a certificate that the answer did not promise ends the leg before there is a key")
    func fingerprint() throws {
        let harness = try Harness()
        let (browser, other) = (try TestBrowser(1), try TestBrowser(2))
        try harness.open(browser)
        let lie = BrowserParameters(
            usernameFragment: browser.usernameFragment, fingerprint: other.fingerprint, hasVideo: true)
        try harness.order(.expectBrowser(browser.slot, lie))
        try harness.send(browser.check(), from: browser.endpoint)
        for datagram in try browser.hello() { try harness.send(datagram, from: browser.endpoint) }
        #expect(ends(harness) == [.fingerprintMismatch])
        #expect(harness.core.counters.handshakesFailed == 1)
        #expect(harness.core.counters.handshakesCompleted == 0)
        #expect(browser.isClosed)
        // Nothing of the leg is left but its slot.
        #expect(harness.core.endpointCount == 0)
        #expect(harness.core.legCount == 1)
        #expect(
            harness.feed(browser.check(), from: browser.endpoint).outcome == .dropped(.stunUnauthenticated))
        #expect(try harness.isAccepted(.closeLeg(browser.slot)))
        #expect(harness.core.legCount == 0)
    }

    @Test("no SRTP profile in common ends the leg")
    func noProfile() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1, profiles: "SRTP_AES128_CM_SHA1_32")
        try harness.connect(browser)
        #expect(harness.core.counters.handshakesFailed == 1)
        #expect(harness.core.counters.handshakesCompleted == 0)
    }

    @Test("at most 8 DTLS datagrams are looked at in one turn")
    func budget() throws {
        let harness = try Harness()
        let browser = try TestBrowser(1)
        try harness.open(browser)
        try harness.order(.expectBrowser(browser.slot, browser.browserParameters))
        try harness.send(browser.check(), from: browser.endpoint)
        let datagram = try #require(try browser.hello().first)
        harness.core.beginTurn()
        let slot = Slot()
        var outcomes: [RelayOutcome] = []
        for _ in 0..<10 {
            _ = slot.run(datagram) { span in
                outcomes.append(
                    harness.core.receive(
                        &span, length: datagram.count, from: browser.endpoint, at: harness.now))
                return 0
            }
        }
        #expect(outcomes.prefix(8).allSatisfy { $0 == .consumed })
        #expect(outcomes.suffix(2).allSatisfy { $0 == .dropped(.dtlsUnexpected) })
    }

    @Test("close_notify ends the leg, either way")
    func goodbye() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        for datagram in first.goodbye() { try harness.send(datagram, from: first.endpoint) }
        #expect(ends(harness) == [.closedByBrowser])
        try harness.order(.closeLeg(second.slot))
        #expect(second.isClosed)
    }

    private func ends(_ harness: Harness) -> [LegEnd] {
        harness.core.takeEvents()
            .compactMap { event in
                if case .ended(_, let reason) = event { return reason }
                return nil
            }
    }
}
