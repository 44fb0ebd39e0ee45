import Testing

@testable import RelayCore

@Suite("A leg has 16 SSRCs in its life")
struct InboundSourcesTests {
    @Test("a role's new SSRC retires the old one for good")
    func retirement() {
        var sources = InboundSources()
        #expect(sources.note(1, as: .video, 7) == .current)
        #expect(sources.note(2, as: .video, 7) == .current)
        #expect(sources.video == 2)
        #expect(sources.note(1, as: .video, 7) == .retired)
        #expect(sources.note(2, as: .audio, 7) == .refused, "one SSRC is one stream")
        #expect(sources.note(0, as: .audio, 7) == .refused, "0 means unknown here")
    }

    @Test("the seventeenth is refused, RTCP senders counted")
    func limit() {
        var sources = InboundSources()
        sources.noteFeedback(from: 100)
        for ssrc in 1...15 as ClosedRange<UInt32> { #expect(sources.note(ssrc, as: .audio, 7) == .current) }
        #expect(!sources.admits(16))
        #expect(sources.note(16, as: .audio, 7) == .refused)
        #expect(sources.admits(15) && sources.admits(100))
        #expect(
            sources.note(100, as: .video, 7) == .current, "what was seen in RTCP only may become a stream")
        #expect(sources.audio == 15)
    }
}
