import RelayCore
import Testing
import Wire

@Suite("Sender and receiver reports reach the partner in its own numbers (RFC 3550 §6.4)")
struct RTCPTranslatorReportTests {
    typealias Scene = RTCPTranslatorScene

    private func senderReport(of source: UInt32, reports: [RTCPReportBlock] = []) -> [UInt8] {
        Scene.compound { writer, span in
            let info = SenderInfo(
                source: source, ntpTimestamp: 0xe000_0001_8000_0000, rtpTimestamp: 0x0001_0000,
                packetCount: 5,
                octetCount: 600)
            writer.beginSenderReport(info, into: &span)
            for report in reports { writer.appendReport(report, into: &span) }
            writer.appendCanonicalName(Array(Scene.ownName.utf8).span.bytes, source: source, into: &span)
        }
    }

    private func receiverReport(_ reports: [RTCPReportBlock]) -> [UInt8] {
        Scene.compound { writer, span in
            writer.beginReceiverReport(sender: Scene.ownVideo, into: &span)
            for report in reports { writer.appendReport(report, into: &span) }
        }
    }

    private func report(_ source: UInt32, highest: UInt32) -> RTCPReportBlock {
        RTCPReportBlock(
            source: source, fractionLost: 3, cumulativeLost: -4, highestSequenceNumber: highest, jitter: 5,
            lastSenderReport: 6, delaySinceLastSenderReport: 7)
    }

    /// The highest numbers of all report blocks, by source.
    private func highest(in bytes: [UInt8]) throws -> [UInt32: UInt32] {
        var found: [UInt32: UInt32] = [:]
        if bytes.isEmpty { return found }
        var compound = try RTCPCompound(bytes.span.bytes)
        while let block = compound.next() {
            if let view = try? ReceiverReportView(block) {
                for index in 0..<view.reportCount {
                    if let report = view.report(at: index) {
                        found[report.source] = report.highestSequenceNumber
                    }
                }
            } else if let view = try? SenderReportView(block) {
                for index in 0..<view.reportCount {
                    if let report = view.report(at: index) {
                        found[report.source] = report.highestSequenceNumber
                    }
                }
            }
        }
        return found
    }

    @Test(
        "a sender report has the server's SSRC, counts and CNAME, a shifted RTP time and the true NTP time")
    func senderReportMapped() {
        let (bytes, result) = Scene.translate(senderReport(of: Scene.ownVideo))
        let expected = Scene.compound { writer, span in
            let info = SenderInfo(
                source: Scene.sentVideo, ntpTimestamp: 0xe000_0001_8000_0000, rtpTimestamp: 0,
                packetCount: 77, octetCount: 7_700)
            writer.beginSenderReport(info, into: &span)
            writer.appendCanonicalName(
                Array(Scene.canonicalName.utf8).span.bytes, source: Scene.sentVideo, into: &span)
        }
        #expect(bytes == expected)
        #expect(result.length == expected.count)
        #expect(!result.isCut && !result.isMalformed && !result.containsKeyFrameRequest)
    }

    @Test(
        "each stream has its own offset, and RTP time wraps",
        arguments: [
            (RTCPTranslatorScene.ownAudio, RTCPTranslatorScene.sentAudio, 0x0001_03c0),
            (RTCPTranslatorScene.ownVideo, RTCPTranslatorScene.sentVideo, 0),
            (RTCPTranslatorScene.ownRetransmission, RTCPTranslatorScene.sentRetransmission, 0x0002_5f90),
        ] as [(UInt32, UInt32, UInt32)])
    func offsets(own: UInt32, sent: UInt32, timestamp: UInt32) throws {
        let (bytes, _) = Scene.translate(senderReport(of: own))
        let span = bytes.span.bytes
        try #require(bytes.count >= 28)
        #expect(span.uint32(at: 4) == sent)
        #expect(span.uint32(at: 16) == timestamp)
    }

    @Test("a sender report needs its own channel's gate, a splice and a known source")
    func senderReportHeld() {
        var context = Scene.openContext()
        context.isVideoOpen = false
        #expect(Scene.translate(senderReport(of: Scene.ownVideo), context).bytes.isEmpty)
        #expect(Scene.translate(senderReport(of: Scene.ownVideo), context).result.held == 1)
        #expect(Scene.translate(senderReport(of: Scene.ownRetransmission), context).bytes.isEmpty)
        #expect(!Scene.translate(senderReport(of: Scene.ownAudio), context).bytes.isEmpty)
        context = Scene.openContext()
        context.isAudioOpen = false
        #expect(Scene.translate(senderReport(of: Scene.ownAudio), context).bytes.isEmpty)
        #expect(!Scene.translate(senderReport(of: Scene.ownVideo), context).bytes.isEmpty)
        context = Scene.openContext()
        context.video.isActive = false
        #expect(Scene.translate(senderReport(of: Scene.ownVideo), context).result.beforeSplice == 1)
        #expect(Scene.translate(senderReport(of: 0x1234_5678)).result.unmapped == 1)
        context = Scene.openContext()
        context.video.inboundSource = 0
        #expect(
            Scene.translate(senderReport(of: 0), context).bytes.isEmpty, "0 is not a source that is unknown")
    }

    @Test("reports in a held sender report go on as a receiver report")
    func reportsOutliveSenderReport() throws {
        var context = Scene.openContext()
        context.isVideoOpen = false
        let compound = senderReport(of: Scene.ownVideo, reports: [report(Scene.seenVideo, highest: 6_000)])
        let (bytes, _) = Scene.translate(compound, context)
        #expect(bytes.count == 32)
        #expect(bytes[1] == 201)
        #expect(bytes.span.bytes.uint32(at: 4) == Scene.sentVideo)
        #expect(try highest(in: bytes) == [Scene.partnerVideo: 5_000])
    }

    @Test("a report block keeps everything but source and highest number")
    func reportBlock() throws {
        let (bytes, _) = Scene.translate(receiverReport([report(Scene.seenVideo, highest: 6_000)]))
        let expected = Scene.compound { writer, span in
            writer.beginReceiverReport(sender: Scene.sentVideo, into: &span)
            writer.appendReport(report(Scene.partnerVideo, highest: 5_000), into: &span)
        }
        #expect(bytes == expected)
    }

    @Test(
        "a report names only sender reports that the partner has written, and else none",
        arguments: [0, 5, 7, RTCPTranslatorScene.knownReport] as [UInt32])
    func lastSenderReport(name: UInt32) throws {
        var block = report(Scene.seenVideo, highest: 6_000)
        block.lastSenderReport = name
        let (bytes, _) = Scene.translate(receiverReport([block]))
        let isKnown = name == Scene.knownReport
        #expect(bytes.span.bytes.uint32(at: 24) == (isKnown ? name : 0))
        #expect(bytes.span.bytes.uint32(at: 28) == (isKnown ? 7 : 0))
    }

    @Test("blocks behind a shut gate and about unknown sources are left out, and an empty report too")
    func heldBlocks() throws {
        let compound = receiverReport([
            report(Scene.seenAudio, highest: 200), report(Scene.seenVideo, highest: 6_000),
            report(9, highest: 1),
        ])
        #expect(
            try highest(in: Scene.translate(compound).bytes) == [
                Scene.partnerAudio: 190, Scene.partnerVideo: 5_000,
            ])
        var context = Scene.openContext()
        context.isPartnerVideoOpen = false
        let held = Scene.translate(compound, context)
        #expect(try highest(in: held.bytes) == [Scene.partnerAudio: 190])
        #expect((held.result.held, held.result.unmapped) == (1, 1))
        context.isPartnerAudioOpen = false
        #expect(Scene.translate(compound, context).bytes.isEmpty)
    }

    @Test(
        "the highest number goes back by the offset, cycles included",
        arguments: [
            // offset, first, the partner's highest, reported, expected
            (1_000, 5_000, 0x0000_1388, 0x0000_1770, 0x0000_1388),
            (1_000, 5_000, 0x0001_0010, 0x0001_03e7, 0x0000_ffff),  // Reported before the partner's wrap.
            (1_000, 5_000, 0x0000_fff0, 0x0001_03e8, 0x0001_0000),
            (1_000, 500, 0x0000_fe0c, 0x0000_01f4, 0x0000_fe0c),  // The receiver wraps first.
            (1_000, 500, 0x0001_0000, 0x0000_03e8, 0x0001_0000),
            // The receiver's cycles are over all of its partners, the partner's over all of its receivers.
            (1_000, 5_000, 0x0003_1388, 0x0007_1770, 0x0003_1388),
            (1_000, 5_000, 0x0000_1388, 0x0007_1770, 0x0000_1388),
            (0, 0, 0, 0, 0),
            (65_535, 100, 0x0000_0065, 0x0000_0064, 0x0000_0065),
            (1, 0, 0xffff_fff0, 0xffff_fff2, 0xffff_fff1),  // 32 bits wrap as well.
            (1, 0, 0xffff_ffff, 0x0000_0001, 0x0000_0000),
        ] as [(UInt16, UInt16, UInt32, UInt32, UInt32)])
    func extendedNumbers(
        offset: UInt16, first: UInt16, highest own: UInt32, reported: UInt32, expected: UInt32
    )
        throws
    {
        var context = Scene.openContext()
        context.partnerVideo.highestSequenceNumber = own
        context.partnerVideo.sequenceOffset = offset
        context.partnerVideo.firstSequenceNumber = first
        context.partnerVideo.sequenceSpan = UInt32(UInt16(truncatingIfNeeded: reported) &- first) &+ 10
        let (bytes, _) = Scene.translate(
            receiverReport([report(Scene.seenVideo, highest: reported)]), context)
        #expect(try highest(in: bytes) == [Scene.partnerVideo: expected])
    }

    @Test("a block that still speaks of the time before the splice is left out, at both edges")
    func beforeSplice() {
        let late = Scene.translate(receiverReport([report(Scene.seenVideo, highest: 4_999)]))
        #expect(late.bytes.isEmpty)
        #expect(late.result.beforeSplice == 1)
        #expect(!Scene.translate(receiverReport([report(Scene.seenVideo, highest: 5_000)])).bytes.isEmpty)
    }

    @Test(
        "a long splice never looks old again",
        arguments: [0x7fff, 0x8000, 0x1_0000, 0x123_4567, 0xffff_ffff] as [UInt32])
    func longSplice(span: UInt32) {
        var context = Scene.openContext()
        context.partnerVideo.sequenceSpan = span
        let newest = UInt32(UInt16(truncatingIfNeeded: 5_000 &+ span))
        #expect(
            !Scene.translate(receiverReport([report(Scene.seenVideo, highest: newest)]), context).bytes
                .isEmpty)
        let old = UInt32(UInt16(truncatingIfNeeded: newest &- 0x4001))
        #expect(
            Scene.translate(receiverReport([report(Scene.seenVideo, highest: old)]), context).bytes.isEmpty)
    }

    @Test("SDES, BYE, APP, XR and unknown kinds never pass")
    func dropped() {
        let sourceDescription = Scene.compound { writer, span in
            writer.appendCanonicalName(
                Array(Scene.ownName.utf8).span.bytes, source: Scene.ownVideo, into: &span)
            writer.appendGoodbye(source: Scene.ownVideo, into: &span)
        }
        #expect(Scene.translate(sourceDescription).bytes.isEmpty)
        for type in 204...255 as ClosedRange<UInt8> where type != 205 && type != 206 {
            let block: [UInt8] = [0x80, type, 0, 1, 0xb1, 0xb2, 0xb3, 0xb4]
            let (bytes, result) = Scene.translate(block)
            #expect(bytes.isEmpty)
            #expect(result.unmapped == 1)
        }
    }

    @Test("feedback speaks in the name of the audio when A sends no video")
    func audioOnly() {
        var context = Scene.openContext()
        context.video.inboundSource = 0
        let (bytes, _) = Scene.translate(receiverReport([report(Scene.seenAudio, highest: 200)]), context)
        #expect(bytes.span.bytes.uint32(at: 4) == Scene.sentAudio)
    }
}
