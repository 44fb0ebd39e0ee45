/// One stream of the browser that sent the RTCP, as its partner knows it: maps what is said *about* the stream
/// forward (sender reports).
package struct ForwardStream: Sendable, Equatable, BitwiseCopyable {
    /// The sender's own SSRC; 0 while it is unknown.
    package var inboundSource: UInt32 = 0
    /// The server's SSRC towards the partner.
    package var outboundSource: UInt32 = 0
    /// `outbound = inbound &+ offset`.
    package var sequenceOffset: UInt16 = 0
    /// `outbound = inbound &+ offset`, in the stream's clock.
    package var timestampOffset: UInt32 = 0
    /// Packets, and octets of payload, that the partner has been sent under the server's SSRC, by whomever.
    package var packetCount: UInt32 = 0
    package var octetCount: UInt32 = 0
    /// Whether a packet of it has passed since the pair was made or the gate opened: before that, the offsets
    /// mean nothing.
    package var isActive = false

    package init() {}
}

/// One stream of the partner, as the browser that sent the RTCP knows it: maps feedback backward.
package struct BackwardStream: Sendable, Equatable, BitwiseCopyable {
    /// The server's SSRC towards the sender of the RTCP: what the feedback is about.
    package var outboundSource: UInt32 = 0
    /// The partner's own SSRC; 0 while it is unknown.
    package var inboundSource: UInt32 = 0
    /// `outbound = inbound &+ offset`: feedback subtracts it.
    package var sequenceOffset: UInt16 = 0
    /// The first sequence number, as sent out, of the current splice.
    ///
    /// Feedback about earlier ones is not the partner's business.
    package var firstSequenceNumber: UInt16 = 0
    /// How far the newest number sent out is ahead of the first one, in packets, counted across wraps of
    /// its 16 bits.
    ///
    /// Without it, feedback would look older than the splice again after 32,768 packets.
    package var sequenceSpan: UInt32 = 0
    /// The partner's highest sequence number, counted on through wrap-around as it counts itself.
    package var highestSequenceNumber: UInt32 = 0
    /// `outbound = inbound &+ offset`, of the cumulative number of packets lost: what the former partners lost is not
    /// this one's.
    package var lossOffset: Int32 = 0
    /// Its sender reports that have reached the sender of the RTCP.
    package var reports = SenderReportNames()
    /// Whether a packet of it has passed since the pair was made or the gate opened: before that, the offset
    /// means nothing, and only key-frame requests can be mapped.
    package var isActive = false

    package init() {}

    /// The oldest number that feedback may be about.
    var oldestSequenceNumber: UInt16 { oldestNumber(first: firstSequenceNumber, span: sequenceSpan) }
}

/// The oldest number of a splice that is not mistaken for a newer one after a wrap: the first, or in a long splice a
/// quarter of the number space before the newest, which is more than any receiver still asks for.
private func oldestNumber(first: UInt16, span: UInt32) -> UInt16 {
    first &+ UInt16(truncatingIfNeeded: span > 0x4000 ? span &- 0x4000 : 0)
}

/// Everything that ``RTCPTranslator`` must know about a pair to rewrite the RTCP that one of its browsers sent.
///
/// `A` is the browser that sent it, `B` its partner. Filled in for each RTCP packet: plain values, no allocation.
package struct RTCPContext: Sendable, Equatable, BitwiseCopyable {
    /// A's streams as B knows them.
    package var audio = ForwardStream()
    package var video = ForwardStream()
    package var retransmission = ForwardStream()
    /// Whether the gates in front of what A sends are open (A → B).
    package var isAudioOpen = false
    package var isVideoOpen = false

    /// B's streams as A knows them.
    package var partnerAudio = BackwardStream()
    package var partnerVideo = BackwardStream()
    package var partnerRetransmission = BackwardStream()
    /// Whether the gates in front of what B sends are open (B → A): feedback of A about it passes only then.
    package var isPartnerAudioOpen = false
    package var isPartnerVideoOpen = false

    /// Transport-wide numbers of B towards A: `outbound = inbound &+ offset`.
    package var transportWideOffset: UInt16 = 0
    /// The first transport-wide number, as sent out to A, of the current splice.
    package var firstTransportWideNumber: UInt16 = 0
    /// How far the newest one is ahead of the first, as in ``BackwardStream/sequenceSpan``.
    package var transportWideSpan: UInt32 = 0
    /// Whether a packet with a transport-wide number has gone from B to A in the current splice.
    package var isTransportWideActive = false
    /// Whether one offset is not enough, because packets of B were held between those that passed, or the splice
    /// is so young that feedback may begin before it: the caller translates transport-wide feedback itself.
    package var isTransportWideRenumbered = false
    /// Towards B.
    package var feedbackCounter = FeedbackCounter()
    /// Whether B has not been asked for a key frame lately.
    package var mayRequestKeyFrame = true

    /// Shut in every direction, with nothing known.
    package init() {}

    /// The oldest transport-wide number that feedback may start with.
    var oldestTransportWideNumber: UInt16 {
        oldestNumber(first: firstTransportWideNumber, span: transportWideSpan)
    }

    /// The SSRC in whose name feedback goes to B: the server's for A's video, or for its audio when A sends no video.
    package var feedbackSource: UInt32 {
        video.inboundSource != 0 || audio.outboundSource == 0 ? video.outboundSource : audio.outboundSource
    }
}
