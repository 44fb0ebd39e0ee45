import RelayCore
import Testing
import Wire

@Suite("Feedback reaches the partner about its own streams (RFC 4585 §6, RFC 5104 §4.3.1)")
struct RTCPTranslatorFeedbackTests {
    typealias Scene = RTCPTranslatorScene
    typealias Entry = NegativeAcknowledgementEntry

    private func nack(_ entries: [Entry], media: UInt32 = Scene.seenVideo, sender: UInt32 = Scene.ownVideo)
        -> [UInt8]
    {
        Scene.compound { writer, span in
            guard let first = entries.first else { return }
            writer.beginNegativeAcknowledgement(sender: sender, media: media, first, into: &span)
            for entry in entries.dropFirst() { writer.appendNegativeAcknowledgement(entry, into: &span) }
        }
    }

    private func pictureLoss(_ media: UInt32, sender: UInt32 = Scene.ownVideo) -> [UInt8] {
        Scene.compound { writer, span in writer.appendPictureLoss(sender: sender, media: media, into: &span) }
    }

    private func intraRequest(_ sources: [UInt32], sender: UInt32 = Scene.ownVideo) -> [UInt8] {
        Scene.compound { writer, span in
            for (index, source) in sources.enumerated() {
                let entry = FullIntraRequestEntry(source: source, sequenceNumber: UInt8(index))
                if index == 0 {
                    writer.beginFullIntraRequest(sender: sender, entry, into: &span)
                } else {
                    writer.appendFullIntraRequest(entry, into: &span)
                }
            }
        }
    }

    private func remb(_ sources: [UInt32], sender: UInt32 = Scene.ownVideo) -> [UInt8] {
        Scene.compound { writer, span in
            writer.beginREMB(sender: sender, bitrate: 1_234_560, into: &span)
            for source in sources { writer.appendREMBSource(source, into: &span) }
        }
    }

    private func transportWide(
        base: UInt16, media: UInt32 = Scene.seenVideo, sender: UInt32 = Scene.ownVideo, count: UInt8 = 0
    ) -> [UInt8] {
        let arrivals = (0..<5)
            .map { TransportArrival(sequenceNumber: base &+ $0, microseconds: UInt64($0) * 5_000) }
        return Scene.compound { writer, span in
            writer.appendTransportFeedback(
                sender: sender, media: media, feedbackCount: count, arrivals: arrivals.span, into: &span)
        }
    }

    // MARK: NACK

    @Test("a NACK goes back by the offset")
    func nackMapped() {
        let (bytes, _) = Scene.translate(
            nack([Entry(packetID: 6_000, lostPackets: 0x8001), Entry(packetID: 6_100)]))
        let expected = nack(
            [Entry(packetID: 5_000, lostPackets: 0x8001), Entry(packetID: 5_100)], media: Scene.partnerVideo,
            sender: Scene.sentVideo)
        #expect(bytes == expected)
    }

    @Test(
        "a NACK that straddles the splice keeps only what comes after it",
        arguments: [
            (4_998, 0x0007, 4_000, 0x0001),  // 4998 to 5001: 5000 and 5001 are left.
            (4_999, 0x0001, 4_000, 0x0000),
            (4_984, 0x8000, 4_000, 0x0000),
            (4_984, 0xffff, 4_000, 0x0000),
            (4_990, 0xffff, 4_000, 0x007f >> 1),
            (5_000, 0xffff, 4_000, 0xffff),
        ] as [(UInt16, UInt16, UInt16, UInt16)])
    func nackStraddles(packetID: UInt16, lost: UInt16, keptID: UInt16, keptLost: UInt16) {
        let (bytes, _) = Scene.translate(nack([Entry(packetID: packetID, lostPackets: lost)]))
        let expected = nack(
            [Entry(packetID: keptID, lostPackets: keptLost)], media: Scene.partnerVideo,
            sender: Scene.sentVideo)
        #expect(bytes == expected)
    }

    @Test("the wrap of sequence numbers is no edge")
    func nackWraps() {
        var context = Scene.openContext()
        context.partnerVideo.firstSequenceNumber = 65_534
        context.partnerVideo.sequenceOffset = 65_000
        let (bytes, _) = Scene.translate(
            nack([Entry(packetID: 65_532, lostPackets: 0x001f), Entry(packetID: 3)]), context)
        let expected = nack(
            [Entry(packetID: 534, lostPackets: 0x0007), Entry(packetID: 539)], media: Scene.partnerVideo,
            sender: Scene.sentVideo)
        #expect(bytes == expected)
    }

    @Test("a NACK wholly from before, about a stranger, behind a shut gate or before any packet, is dropped")
    func nackDropped() {
        #expect(Scene.translate(nack([Entry(packetID: 4_980, lostPackets: 0xffff)])).result.beforeSplice == 1)
        #expect(Scene.translate(nack([Entry(packetID: 4_980, lostPackets: 0xffff)])).bytes.isEmpty)
        #expect(Scene.translate(nack([Entry(packetID: 6_000)], media: 77)).result.unmapped == 1)
        #expect(Scene.translate(nack([Entry(packetID: 6_000)], media: Scene.ownVideo)).bytes.isEmpty)
        var context = Scene.openContext()
        context.isPartnerVideoOpen = false
        #expect(Scene.translate(nack([Entry(packetID: 6_000)]), context).result.held == 1)
        #expect(!Scene.translate(nack([Entry(packetID: 200)], media: Scene.seenAudio), context).bytes.isEmpty)
        context = Scene.openContext()
        context.partnerVideo.isActive = false
        #expect(Scene.translate(nack([Entry(packetID: 6_000)]), context).bytes.isEmpty)
    }

    // MARK: Key frames

    @Test("a PLI asks the partner, and says so")
    func pictureLossMapped() {
        let (bytes, result) = Scene.translate(pictureLoss(Scene.seenVideo))
        #expect(bytes == pictureLoss(Scene.partnerVideo, sender: Scene.sentVideo))
        #expect(result.containsKeyFrameRequest)
    }

    @Test("a PLI needs no splice, but a known source behind an open video gate")
    func pictureLossConditions() {
        var context = Scene.openContext()
        context.partnerVideo.isActive = false
        #expect(Scene.translate(pictureLoss(Scene.seenVideo), context).result.containsKeyFrameRequest)
        context.isPartnerVideoOpen = false
        #expect(Scene.translate(pictureLoss(Scene.seenVideo), context).bytes.isEmpty)
        #expect(!Scene.translate(pictureLoss(Scene.seenVideo), context).result.containsKeyFrameRequest)
        context = Scene.openContext()
        context.partnerVideo.inboundSource = 0
        #expect(Scene.translate(pictureLoss(Scene.seenVideo), context).bytes.isEmpty)
        #expect(Scene.translate(pictureLoss(Scene.seenAudio)).bytes.isEmpty, "audio has no key frames")
    }

    @Test("a FIR, which is not offered, becomes the one PLI that was, whatever else it asks for")
    func intraRequestMapped() {
        let (bytes, result) = Scene.translate(
            intraRequest([99, Scene.seenVideo, Scene.seenAudio, Scene.seenVideo]))
        #expect(bytes == pictureLoss(Scene.partnerVideo, sender: Scene.sentVideo))
        #expect(result.containsKeyFrameRequest)
        #expect(result.limited == 0, "the second is the same wish")
        #expect(result.unmapped == 2)
        #expect(Scene.translate(intraRequest([99, 98])).bytes.isEmpty)
    }

    @Test("where the partner was asked lately nothing asks it again, and that is told")
    func limited() {
        var context = Scene.openContext()
        context.mayRequestKeyFrame = false
        for request in [pictureLoss(Scene.seenVideo), intraRequest([Scene.seenVideo])] {
            let (bytes, result) = Scene.translate(request, context)
            #expect(bytes.isEmpty)
            #expect(result.limited == 1)
            #expect(!result.containsKeyFrameRequest)
        }
        context.mayRequestKeyFrame = true
        let twice = pictureLoss(Scene.seenVideo) + intraRequest([Scene.seenVideo])
        #expect(Scene.translate(twice, context).bytes.count == 12)
    }

    // MARK: Bandwidth

    @Test("a REMB keeps its bitrate and the sources behind open gates")
    func rembMapped() {
        let all = remb([Scene.seenAudio, Scene.seenVideo, 99])
        #expect(
            Scene.translate(all).bytes
                == remb([Scene.partnerAudio, Scene.partnerVideo], sender: Scene.sentVideo))
        var context = Scene.openContext()
        context.isPartnerVideoOpen = false
        #expect(Scene.translate(all, context).bytes == remb([Scene.partnerAudio], sender: Scene.sentVideo))
        context.isPartnerAudioOpen = false
        #expect(Scene.translate(all, context).bytes.isEmpty)
        #expect(Scene.translate(all, context).result.held == 1)
        #expect(Scene.translate(remb([])).bytes.isEmpty)
        #expect(Scene.translate(remb([99])).bytes.isEmpty)
    }

    @Test("transport-wide feedback goes back by the offset, wrapping, with the same statuses")
    func transportWideMapped() {
        #expect(
            Scene.translate(transportWide(base: 2_100)).bytes
                == transportWide(base: 1_800, media: Scene.partnerVideo, sender: Scene.sentVideo))
        #expect(Scene.translate(transportWide(base: 2_100)).result.transportFeedbackEnd == 1_805)
        #expect(
            Scene.translate(transportWide(base: 2_100, count: 4)).bytes
                == Scene.translate(transportWide(base: 2_100)).bytes, "the messages are counted anew")
        var context = Scene.openContext()
        context.firstTransportWideNumber = 65_530
        context.transportWideOffset = 65_000
        #expect(
            Scene.translate(transportWide(base: 2), context).bytes
                == transportWide(base: 538, media: Scene.partnerVideo, sender: Scene.sentVideo))
    }

    @Test("transport-wide feedback that starts before the splice is dropped whole, at both edges")
    func transportWideBefore() {
        #expect(Scene.translate(transportWide(base: 1_999)).result.beforeSplice == 1)
        #expect(Scene.translate(transportWide(base: 1_999)).bytes.isEmpty)
        #expect(!Scene.translate(transportWide(base: 2_000)).bytes.isEmpty)
        var context = Scene.openContext()
        context.transportWideSpan = 100_000
        let newest = UInt16(truncatingIfNeeded: 2_000 + 100_000)
        #expect(!Scene.translate(transportWide(base: newest), context).bytes.isEmpty)
        context.isTransportWideActive = false
        #expect(Scene.translate(transportWide(base: newest), context).bytes.isEmpty)
    }

    @Test("transport-wide feedback passes while any gate is open, about a source that the partner sends")
    func transportWideGates() {
        var context = Scene.openContext()
        context.isPartnerVideoOpen = false
        let (bytes, _) = Scene.translate(transportWide(base: 2_100), context)
        #expect(bytes == transportWide(base: 1_800, media: Scene.partnerAudio, sender: Scene.sentVideo))
        context.isPartnerAudioOpen = false
        #expect(Scene.translate(transportWide(base: 2_100), context).result.held == 1)
        #expect(Scene.translate(transportWide(base: 2_100), context).bytes.isEmpty)
        let stranger = Scene.translate(transportWide(base: 2_100, media: 0))
        #expect(
            stranger.bytes == transportWide(base: 1_800, media: Scene.partnerVideo, sender: Scene.sentVideo))
    }
}
