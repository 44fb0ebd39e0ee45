import RelayCore
import Wire

/// Two browsers in the middle of a call, as the translator sees them: `A` sends RTCP, `B` is its partner.
enum RTCPTranslatorScene {
    /// A's own SSRCs, which B must never see.
    static let ownAudio: UInt32 = 0xa1a2_a3a4
    static let ownVideo: UInt32 = 0xb1b2_b3b4
    static let ownRetransmission: UInt32 = 0xc1c2_c3c4
    static let own = [ownAudio, ownVideo, ownRetransmission]
    static let ownName = "browser-of-A"

    /// The server's towards B, for what A sends.
    static let sentAudio: UInt32 = 0x0000_1001
    static let sentVideo: UInt32 = 0x0000_1002
    static let sentRetransmission: UInt32 = 0x0000_1003

    /// The server's towards A, for what B sends: what A's feedback is about.
    static let seenAudio: UInt32 = 0x0000_2001
    static let seenVideo: UInt32 = 0x0000_2002
    static let seenRetransmission: UInt32 = 0x0000_2003

    /// B's own.
    static let partnerAudio: UInt32 = 0x0000_3001
    static let partnerVideo: UInt32 = 0x0000_3002
    static let partnerRetransmission: UInt32 = 0x0000_3003

    static let canonicalName = "tidegate"
    /// The middle 32 bits of an NTP timestamp.
    static let knownReport: UInt32 = 6

    /// Everything open and active.
    ///
    /// B's video goes out as `in + 1_000`, the first of the splice was 5,000. A has got the sender report that is
    /// named ``knownReport`` of each of B's streams.
    static func openContext() -> RTCPContext {
        var context = RTCPContext()
        context.audio = forward(ownAudio, sentAudio, timestampOffset: 960)
        context.video = forward(ownVideo, sentVideo, timestampOffset: 0xffff_0000)
        context.retransmission = forward(ownRetransmission, sentRetransmission, timestampOffset: 90_000)
        context.partnerAudio = backward(seenAudio, partnerAudio, offset: 10, first: 100)
        context.partnerVideo = backward(seenVideo, partnerVideo, offset: 1_000, first: 5_000)
        context.partnerRetransmission = backward(
            seenRetransmission, partnerRetransmission, offset: 7, first: 50)
        context.transportWideOffset = 300
        context.firstTransportWideNumber = 2_000
        context.isTransportWideActive = true
        context.isAudioOpen = true
        context.isVideoOpen = true
        context.isPartnerAudioOpen = true
        context.isPartnerVideoOpen = true
        return context
    }

    static func forward(_ inbound: UInt32, _ outbound: UInt32, timestampOffset: UInt32) -> ForwardStream {
        var stream = ForwardStream()
        stream.inboundSource = inbound
        stream.outboundSource = outbound
        stream.timestampOffset = timestampOffset
        stream.packetCount = 77
        stream.octetCount = 7_700
        stream.isActive = true
        return stream
    }

    static func backward(_ outbound: UInt32, _ inbound: UInt32, offset: UInt16, first: UInt16)
        -> BackwardStream
    {
        var stream = BackwardStream()
        stream.outboundSource = outbound
        stream.inboundSource = inbound
        stream.sequenceOffset = offset
        stream.firstSequenceNumber = first
        stream.highestSequenceNumber = UInt32(first &- offset)
        stream.reports.note(ntpTimestamp: UInt64(knownReport) << 16)
        stream.isActive = true
        return stream
    }

    /// What A writes.
    static func compound(_ body: (inout RTCPWriter, inout MutableRawSpan) -> Void) -> [UInt8] {
        buffer(1_500) { span in
            var writer = RTCPWriter()
            body(&writer, &span)
            return writer.length
        }
    }

    /// What B gets.
    static func translate(
        _ compound: [UInt8], _ context: RTCPContext = openContext(), name: String = canonicalName,
        capacity: Int = 1_500
    ) -> (bytes: [UInt8], result: RTCPTranslation) {
        var result = RTCPTranslation()
        let bytes = buffer(capacity) { span in
            result = RTCPTranslator.translate(
                compound.span.bytes, context: context, canonicalName: Array(name.utf8).span.bytes, into: &span
            )
            return result.length
        }
        return (bytes, result)
    }

    private static func buffer(_ capacity: Int, _ body: (inout MutableRawSpan) -> Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: capacity)
        let length = bytes.withUnsafeMutableBytes { pointer in
            var span = MutableRawSpan(_unsafeBytes: pointer)
            return body(&span)
        }
        return Array(bytes.prefix(length))
    }

    /// Whether these 4 bytes occur anywhere, at any alignment.
    static func contains(_ source: UInt32, in bytes: [UInt8]) -> Bool {
        let span = bytes.span.bytes
        for offset in 0..<max(bytes.count - 3, 0) where span.uint32(at: offset) == source { return true }
        return false
    }
}
