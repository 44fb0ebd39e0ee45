import ReferenceTools
import RelayCore
import Testing
import Wire

@Suite("RTCP of a hostile browser tells its partner nothing and traps nowhere")
struct RTCPTranslatorHostileTests {
    typealias Scene = RTCPTranslatorScene

    /// One of everything, in the name of A.
    static let everything = Scene.compound { writer, span in
        let name = Array(Scene.ownName.utf8)
        for source in Scene.own {
            writer.beginSenderReport(
                SenderInfo(source: source, ntpTimestamp: 1 << 40, rtpTimestamp: 90_000), into: &span)
            writer.appendReport(
                RTCPReportBlock(source: Scene.seenAudio, highestSequenceNumber: 300), into: &span)
            writer.appendReport(
                RTCPReportBlock(source: Scene.seenVideo, highestSequenceNumber: 6_000), into: &span)
            writer.appendReport(RTCPReportBlock(source: source), into: &span)
            writer.appendCanonicalName(name.span.bytes, source: source, into: &span)
            writer.beginReceiverReport(sender: source, into: &span)
            writer.appendReport(
                RTCPReportBlock(source: Scene.seenVideo, highestSequenceNumber: 6_000), into: &span)
            writer.appendPictureLoss(sender: source, media: Scene.seenVideo, into: &span)
            writer.appendPictureLoss(sender: source, media: source, into: &span)
            writer.beginFullIntraRequest(
                sender: source, FullIntraRequestEntry(source: source, sequenceNumber: 1), into: &span)
            writer.appendFullIntraRequest(
                FullIntraRequestEntry(source: Scene.seenVideo, sequenceNumber: 2), into: &span)
            writer.beginNegativeAcknowledgement(
                sender: source, media: Scene.seenVideo,
                NegativeAcknowledgementEntry(packetID: 6_000, lostPackets: 3), into: &span)
            writer.beginREMB(sender: source, bitrate: 500_000, into: &span)
            writer.appendREMBSource(source, into: &span)
            writer.appendREMBSource(Scene.seenVideo, into: &span)
            let arrivals = [TransportArrival(sequenceNumber: 2_500, microseconds: 1_000_000)]
            writer.appendTransportFeedback(
                sender: source, media: source, feedbackCount: 1, arrivals: arrivals.span, into: &span)
            writer.appendGoodbye(source: source, into: &span)
        }
    }

    @Test("no SSRC and no CNAME of A's is in what B gets")
    func noIdentifiers() {
        let (bytes, result) = Scene.translate(Self.everything)
        #expect(bytes.count > 300)
        #expect(!result.isCut && !result.isMalformed)
        for source in Scene.own {
            #expect(Scene.contains(source, in: Self.everything))
            #expect(!Scene.contains(source, in: bytes))
        }
        #expect(!String(decoding: bytes, as: UTF8.self).contains(Scene.ownName))
        #expect(String(decoding: bytes, as: UTF8.self).contains(Scene.canonicalName))
    }

    @Test("with every gate shut not one byte passes")
    func allShut() {
        var context = Scene.openContext()
        context.isAudioOpen = false
        context.isVideoOpen = false
        context.isPartnerAudioOpen = false
        context.isPartnerVideoOpen = false
        let (bytes, result) = Scene.translate(Self.everything, context)
        #expect(bytes.isEmpty)
        #expect(!result.containsKeyFrameRequest)
        #expect(result.held > 0)
        #expect(Scene.translate(Self.everything, RTCPContext()).bytes.isEmpty, "nor when nothing is known")
    }

    @Test("a profile's extension, padding and reserved bits carry nothing through")
    func smuggling() throws {
        // RR with one block and an extension that holds A's SSRC; PLI with padding that does; FIR with reserved bits.
        let report = Scene.compound { writer, span in
            writer.beginReceiverReport(sender: Scene.ownVideo, into: &span)
            writer.appendReport(
                RTCPReportBlock(source: Scene.seenVideo, highestSequenceNumber: 6_000), into: &span)
        }
        var extended = report + [0xb1, 0xb2, 0xb3, 0xb4]
        extended[3] += 1
        let loss = Scene.compound { writer, span in
            writer.appendPictureLoss(sender: 1, media: Scene.seenVideo, into: &span)
        }
        var padded = loss + [0xb1, 0xb2, 0xb3, 0xb4, 0, 0, 0, 8]
        padded[0] |= 0x20
        padded[3] += 2
        let (bytes, result) = Scene.translate(extended + padded)
        #expect(bytes.count == report.count + loss.count)
        #expect(!Scene.contains(Scene.ownVideo, in: bytes))
        #expect(result.containsKeyFrameRequest)
    }

    @Test("a goodbye swallowed by a wrong length of transport-wide feedback stays behind")
    func swallowedGoodbye() {
        let arrivals = [TransportArrival(sequenceNumber: 2_500, microseconds: 1_000_000)]
        var compound = Scene.compound { writer, span in
            writer.appendTransportFeedback(
                sender: 1, media: Scene.seenVideo, feedbackCount: 1, arrivals: arrivals.span, into: &span)
            writer.appendGoodbye(source: Scene.ownAudio, into: &span)
        }
        compound[3] += 2
        let (bytes, _) = Scene.translate(compound)
        #expect(bytes.count == compound.count - 8)
        #expect(!Scene.contains(Scene.ownAudio, in: bytes))
    }

    @Test("a broken chain is refused whole, however good its head", arguments: [1, 2, 3, 5, 11])
    func brokenChain(missing: Int) {
        let loss = Scene.compound { writer, span in
            writer.appendPictureLoss(sender: 1, media: Scene.seenVideo, into: &span)
        }
        let (bytes, result) = Scene.translate(loss + loss.dropLast(missing))
        #expect(bytes.isEmpty)
        #expect(result.isMalformed)
        #expect(!result.containsKeyFrameRequest)
        #expect(Scene.translate([]).result.isMalformed)
    }

    @Test("a block that contradicts its own kind is left out, and the others pass")
    func brokenBlock() {
        let loss = Scene.compound { writer, span in
            writer.appendPictureLoss(sender: 1, media: Scene.seenVideo, into: &span)
        }
        let wrongCount: [UInt8] = [0x9f, 201, 0, 1, 0, 0, 0, 1]
        let (bytes, result) = Scene.translate(wrongCount + loss)
        #expect(bytes.count == 12)
        #expect(result.malformedBlocks == 1)
        #expect(!result.isMalformed)
    }

    @Test("transport-wide feedback that claims 65,535 packets, and a NACK of thousands, reach nobody")
    func bigClaims() {
        let feedback: [UInt8] =
            [0x8f, 205, 0, 5] + [
                0, 0, 0, 1, 0, 0, 0x20, 2, 0x0a, 0, 0xff, 0xff, 0, 0, 0, 0, 0x3f, 0xff, 0, 0,
            ]
        #expect(Scene.translate(feedback).result.malformedBlocks == 1)
        var nack: [UInt8] = [0x81, 205, 0x0f, 0xa2] + [0, 0, 0, 1, 0, 0, 0x20, 2]
        for _ in 0..<4_000 { nack += [0x17, 0x70, 0xff, 0xff] }
        #expect(Scene.translate(nack).result.malformedBlocks == 1)
        #expect(Scene.translate(nack).bytes.isEmpty)
    }

    @Test("an output that is too small ends after a whole block, whatever its size")
    func smallOutput() {
        let whole = Scene.translate(Self.everything).bytes
        for capacity in 0...whole.count {
            let (bytes, result) = Scene.translate(Self.everything, capacity: capacity)
            #expect(result.isCut == (capacity < whole.count))
            #expect(bytes.count <= capacity)
            if !bytes.isEmpty { #expect((try? RTCPCompound(bytes.span.bytes)) != nil, "\(capacity) bytes") }
        }
    }

    @Test(
        "40,000 mutated compounds leave well-formed RTCP without A's SSRCs",
        arguments: [0x7de6, 0x1dea] as [UInt64])
    func fuzz(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var passed = 0
        for _ in 0..<20_000 {
            // A short part of the long compound, so that most chains stay whole.
            var packet = Self.everything
            let start = Int.random(in: 0..<3, using: &generator) * (packet.count / 3)
            packet = Array(packet[start..<min(packet.count, start + packet.count / 3)])
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<packet.count, using: &generator)
                if Bool.random(using: &generator) {
                    packet[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                } else {
                    packet[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            var context = Scene.openContext()
            context.isVideoOpen = Bool.random(using: &generator)
            context.isPartnerVideoOpen = Bool.random(using: &generator)
            context.partnerVideo.firstSequenceNumber = .random(in: 0...UInt16.max, using: &generator)
            context.partnerVideo.sequenceSpan = .random(in: 0...UInt32.max, using: &generator)
            let capacity = Int.random(in: 0...700, using: &generator)
            let (bytes, result) = Scene.translate(packet, context, capacity: capacity)
            guard !bytes.isEmpty else { continue }
            passed += 1
            #expect(!result.isMalformed)
            #expect((try? RTCPCompound(bytes.span.bytes)) != nil, "seed \(seed)")
            for source in Scene.own { #expect(!Scene.contains(source, in: bytes), "seed \(seed)") }
        }
        #expect(passed > 5_000)
    }
}
