import MediaControl
import RelayCore
import RelayTypes
import Testing
import Wire

@Suite("Feedback speaks of what the sender knows")
struct FeedbackTests {
    @Test("a NACK and a retransmission meet in the right packet")
    func repair() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        try harness.send(.video(65_535, at: 90, ssrc: first.video, isKey: true), from: first)
        let lost = try first.protect(.video(0, at: 180, ssrc: first.video))
        try harness.send(.video(1, at: 270, ssrc: first.video), from: first)
        let key = try #require(second.media.first)
        first.forgetReceived()
        try harness.send(
            rtcp: RTCP.negativeAcknowledgement(
                from: 1, about: second.parameters.sources.video, key.sequenceNumber &+ 1), from: second)
        #expect(
            first.feedback == [
                RTCP.negativeAcknowledgement(
                    from: first.parameters.sources.audio, about: first.video, 0)
            ])
        try harness.send(
            .retransmission(900, of: 0, at: 180, ssrc: first.retransmission), from: first)
        #expect(second.media.last?.original == key.sequenceNumber &+ 1)
        #expect(second.media.last?.timestamp == key.timestamp &+ 90)
        // The late original still finds its place.
        try harness.send(lost, from: first.endpoint)
        #expect(second.media.last?.sequenceNumber == key.sequenceNumber &+ 1)
    }

    @Test("sender reports keep the wall clock and move the media clock; the CNAME is the server's")
    func senderReport() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        _ = try harness.pair(first, second)
        try harness.send(.audio(1, at: 5_000, ssrc: first.audio), from: first)
        let packet = try #require(second.media.last)
        try harness.send(rtcp: RTCP.senderReport(of: first.audio, rtpTimestamp: 5_480), from: first)
        let report = try #require(second.feedback.last)
        #expect(report.span.bytes.uint32(at: 4) == second.parameters.sources.audio)
        #expect(report.span.bytes.uint64(at: 8) == 0x1234_5678_9abc_def0)
        #expect(report.span.bytes.uint32(at: 16) == packet.timestamp &+ 480)
        #expect(String(decoding: report, as: UTF8.self).contains("server-2"))
    }

    @Test("what is about nothing of the pair goes nowhere")
    func unmapped() throws {
        let harness = try Harness()
        let (first, second) = (try TestBrowser(1), try TestBrowser(2))
        try harness.connect(first)
        try harness.connect(second)
        let pair = try harness.pair(first, second)
        try harness.send(rtcp: RTCP.pictureLoss(from: 1, about: 0xdead_beef), from: second)
        #expect(first.feedback.isEmpty)
        #expect(try harness.part(pair).second.dropped == [.feedbackUnmapped: 1])
    }
}
