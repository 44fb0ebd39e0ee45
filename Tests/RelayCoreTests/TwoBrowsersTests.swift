import DTLS
import MediaControl
import RelayCore
import RelayTypes
import STUNCodec
import Testing

@Suite("Two browsers through one core")
struct TwoBrowsersTests {
    @Test("a browser connects with each profile", arguments: SRTPProfile.allCases)
    func connects(profile: SRTPProfile) throws {
        let harness = try Harness()
        let browser = try TestBrowser(1, profiles: profile.name)
        let events = try harness.connect(browser)
        guard case .connected(let slot)? = events.last else {
            Issue.record("not connected: \(events)")
            return
        }
        #expect(slot == browser.slot)
        #expect(browser.responses == [.mapped(browser.endpoint)])
        #expect(harness.core.counters.handshakesCompleted == 1)
    }

    @Test(
        "audio and video flow both ways once the gates are open, whoever ciphers",
        arguments: SRTPImplementation.allCases, SRTPProfile.allCases)
    func flows(srtp: SRTPImplementation, profile: SRTPProfile) throws {
        let harness = try Harness(srtp: srtp)
        let first = try TestBrowser(1, profiles: profile.name)
        // The other side's trailer may be of another length.
        let second = try TestBrowser(2)
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        for (sender, receiver) in [(first, second), (second, first)] {
            try harness.send(.audio(100, ssrc: sender.audio, wide: 1), from: sender)
            try harness.send(.video(200, ssrc: sender.video, wide: 2, isKey: true), from: sender)
            try harness.send(.video(201, ssrc: sender.video, wide: 3), from: sender)
            #expect(receiver.media.count == 3)
            #expect(receiver.media.map(\.payload.count) == [4, 5, 5])
            #expect(receiver.media.first?.ssrc == receiver.parameters.sources.audio)
            #expect(receiver.media.last?.ssrc == receiver.parameters.sources.video)
            #expect(receiver.failures == 0)
        }
    }

    @Test("a fresh pair is shut: nothing of any kind passes")
    func shutByDefault() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second, gates: PairGates())
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        try harness.send(.video(1, ssrc: first.video, isKey: true), from: first)
        try harness.send(.retransmission(1, of: 1, ssrc: first.retransmission), from: first)
        #expect(second.media.isEmpty && second.feedback.isEmpty)
        let tally = try harness.part(pair)
        #expect(tally.first.dropped == [.held: 3])
        #expect(tally.first.forwardedPackets == 0)
    }

    @Test("a browser that rejected the video section hears, and neither gets nor sends video")
    func audioOnly() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        second.hasVideo = false
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        try harness.send(.audio(1, ssrc: first.audio), from: first)
        try harness.send(.video(1, ssrc: first.video, isKey: true), from: first)
        #expect(second.media.map(\.ssrc) == [second.parameters.sources.audio])
        #expect(first.feedback.isEmpty, "nobody needs a key frame")
        let outcome = try harness.send(.video(1, ssrc: second.video, isKey: true), from: second)
        #expect(outcome == .dropped(.unexpectedStream))
        #expect(try harness.part(pair).first.dropped == [.partnerNotReady: 1])
    }
}
