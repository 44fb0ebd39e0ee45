internal import RelayTypes

/// RTCP of the server's own, and what it must know to pass on that of the browsers.
extension RelayCore {
    /// Both browsers' streams and gates at this moment, for RTCP that `side` sent.
    internal func feedbackContext(
        ofPair pair: Int, from side: Side, _ passage: consuming Gate.FeedbackPassage,
        at now: MonotonicInstant
    ) -> RTCPContext {
        var context = RTCPContext()
        context.isAudioOpen = passage.isAudioOpen
        context.isVideoOpen = passage.isVideoOpen
        context.isPartnerAudioOpen = passage.isPartnerAudioOpen
        context.isPartnerVideoOpen = passage.isPartnerVideoOpen

        let sender = pairs[pair].leg(side)
        let partner = pairs[pair].leg(side.other)
        let there = pairs[pair].directions[side.index].splice
        let back = pairs[pair].directions[side.other.index].splice

        let sent = legs[sender].inbound
        let towardsPartner = legs[partner].outbound
        context.audio = Self.forward(sent.audio, towardsPartner.audio, there.audio)
        context.video = Self.forward(sent.video, towardsPartner.video, there.video)
        context.retransmission = Self.forward(
            sent.retransmission, towardsPartner.retransmission, there.retransmission)

        let sentByPartner = legs[partner].inbound
        let towardsSender = legs[sender].outbound
        context.partnerAudio = Self.backward(sentByPartner, .audio, towardsSender.audio, back.audio)
        context.partnerVideo = Self.backward(sentByPartner, .video, towardsSender.video, back.video)
        context.partnerRetransmission = Self.backward(
            sentByPartner, .retransmission, towardsSender.retransmission, back.retransmission)

        context.feedbackCounter = legs[partner].held.feedbackCounter
        context.mayRequestKeyFrame =
            legs[partner].keyFrameRequestedAt
            .map { now.nanoseconds(since: $0) >= Self.keyFrameInterval } ?? true
        context.isTransportWideActive = back.isTransportWideActive
        context.isTransportWideRenumbered = legs[partner].ledger.isRenumbered
        context.transportWideOffset = legs[partner].ledger.offset
        context.firstTransportWideNumber = legs[partner].ledger.firstImage
        context.transportWideSpan = legs[partner].ledger.span
        return context
    }

    private static func forward(
        _ inbound: UInt32, _ outbound: OutboundStream, _ splice: StreamSplice
    ) -> ForwardStream {
        var stream = ForwardStream()
        stream.inboundSource = inbound
        stream.outboundSource = outbound.ssrc
        stream.packetCount = outbound.packetCount
        stream.octetCount = outbound.octetCount
        stream.sequenceOffset = splice.numbers.offset
        stream.timestampOffset = splice.timestampOffset
        // After a change of SSRC the old one's offsets say nothing about the new one.
        stream.isActive = splice.isActive && splice.source == inbound
        return stream
    }

    private static func backward(
        _ inbound: InboundSources, _ role: StreamRole, _ outbound: OutboundStream, _ splice: StreamSplice
    ) -> BackwardStream {
        var stream = BackwardStream()
        stream.inboundSource = inbound[role]
        stream.outboundSource = outbound.ssrc
        stream.lossOffset = outbound.reportedLost &- inbound.cumulativeLost(of: role)
        stream.sequenceOffset = splice.numbers.offset
        stream.firstSequenceNumber = splice.numbers.firstImage
        stream.sequenceSpan = splice.numbers.span
        stream.highestSequenceNumber = inbound.highestSequenceNumber(of: role)
        stream.reports = splice.reports
        stream.isActive = splice.isActive && splice.source == inbound[role]
        return stream
    }

    // MARK: Key frames

    /// Asks `side` for a key frame, at most once in ``keyFrameInterval``, and again until one has passed.
    ///
    /// Without a picture of its own since the gate opened the receiver has nothing to decode from (RFC 4585 §6.3.1).
    internal mutating func requestKeyFrame(ofPair pair: Int, from side: Side, at now: MonotonicInstant) {
        let index = pairs[pair].leg(side)
        let media = legs[index].inbound.video
        // Until its SSRC is known there is nothing to name; its first packet comes back here.
        guard media != 0, legs[pairs[pair].leg(side.other)].hasVideo,
            legs[index].mayReceive(at: now, timeout: consentTimeout)
        else { return }
        if let requestedAt = legs[index].keyFrameRequestedAt,
            now.nanoseconds(since: requestedAt) < Self.keyFrameInterval
        {
            let next = requestedAt.advanced(byNanoseconds: Self.keyFrameInterval)
            return pairTimers.set(pair, to: min(pairTimers[pair], next))
        }
        guard legs[index].sendPictureLoss(of: media, into: &transmits) else { return }
        legs[index].keyFrameRequestedAt = now
        pairTimers.set(pair, to: min(pairTimers[pair], now.advanced(byNanoseconds: Self.keyFrameInterval)))
    }

    internal mutating func firePairTimer(_ pair: Int, at now: MonotonicInstant) {
        pairTimers.set(pair, to: .never)
        guard pairs.isTaken(pair) else { return }
        for sender in Side.allCases where pairs[pair].directions[sender.index].awaitsKeyFrame {
            requestKeyFrame(ofPair: pair, from: sender, at: now)
        }
    }
}
