internal import Wire

/// Which stream an SSRC names, and whether its gate lets word of it pass.
extension RTCPTranslator {
    /// A's own stream, as B knows it; `nil` when B may not hear of it.
    @_lifetime(self: copy self)
    mutating func map(_ sender: SenderInfo) -> SenderInfo? {
        let stream: ForwardStream
        let isOpen: Bool
        if sender.source == 0 {
            result.unmapped &+= 1
            return nil
        } else if sender.source == context.video.inboundSource {
            (stream, isOpen) = (context.video, context.isVideoOpen)
        } else if sender.source == context.audio.inboundSource {
            (stream, isOpen) = (context.audio, context.isAudioOpen)
        } else if sender.source == context.retransmission.inboundSource {
            (stream, isOpen) = (context.retransmission, context.isVideoOpen)
        } else {
            result.unmapped &+= 1
            return nil
        }
        guard isOpen else {
            result.held &+= 1
            return nil
        }
        guard stream.isActive else {
            result.beforeSplice &+= 1
            return nil
        }
        var mapped = sender
        mapped.source = stream.outboundSource
        mapped.rtpTimestamp = sender.rtpTimestamp &+ stream.timestampOffset
        // What B has been sent under this SSRC, by whomever.
        mapped.packetCount = stream.packetCount
        mapped.octetCount = stream.octetCount
        return mapped
    }

    /// A's sender report goes on: B's reports may name it from now on.
    @_lifetime(self: copy self)
    mutating func noteSent(_ sender: SenderInfo) {
        if sender.source == context.video.inboundSource {
            result.videoReport = sender.ntpTimestamp
        } else if sender.source == context.audio.inboundSource {
            result.audioReport = sender.ntpTimestamp
        } else {
            result.retransmissionReport = sender.ntpTimestamp
        }
    }

    /// A report block about B's stream, in B's own numbers.
    @_lifetime(self: copy self)
    mutating func map(_ report: RTCPReportBlock) -> RTCPReportBlock? {
        guard let stream = activePartnerStream(report.source) else { return nil }
        let highest = UInt16(truncatingIfNeeded: report.highestSequenceNumber)
        guard Int16(bitPattern: highest &- stream.oldestSequenceNumber) >= 0 else {
            result.beforeSplice &+= 1
            return nil
        }
        var mapped = report
        mapped.source = stream.inboundSource
        mapped.cumulativeLost = report.cumulativeLost &- stream.lossOffset
        // A's cycles are those of the server's SSRC, over all of its partners: B's are counted on B's numbers.
        let distance = Int16(
            truncatingIfNeeded: highest &- stream.sequenceOffset
                &- UInt16(truncatingIfNeeded: stream.highestSequenceNumber))
        mapped.highestSequenceNumber =
            stream.highestSequenceNumber &+ UInt32(bitPattern: Int32(distance))
        if !stream.reports.contains(report.lastSenderReport) {
            mapped.lastSenderReport = 0
            mapped.delaySinceLastSenderReport = 0
        }
        return mapped
    }

    /// B's stream that A knows by this SSRC, if its gate is open.
    @_lifetime(self: copy self)
    mutating func partnerStream(_ source: UInt32) -> BackwardStream? {
        guard let (stream, isOpen) = lookUp(source) else {
            result.unmapped &+= 1
            return nil
        }
        guard isOpen else {
            result.held &+= 1
            return nil
        }
        return stream
    }

    /// The same, if something of it has been sent in the current splice.
    @_lifetime(self: copy self)
    mutating func activePartnerStream(_ source: UInt32) -> BackwardStream? {
        guard let stream = partnerStream(source) else { return nil }
        guard stream.isActive else {
            result.beforeSplice &+= 1
            return nil
        }
        return stream
    }

    /// B's video, for requests that make sense for nothing else.
    @_lifetime(self: copy self)
    mutating func partnerVideoStream(_ source: UInt32) -> BackwardStream? {
        guard source == context.partnerVideo.outboundSource else {
            result.unmapped &+= 1
            return nil
        }
        return partnerStream(source)
    }

    var isAnyPartnerGateOpen: Bool { context.isPartnerAudioOpen || context.isPartnerVideoOpen }

    /// The media source that transport-wide feedback is about, in B's own SSRCs.
    ///
    /// It may name any stream that shares the transport, and a browser ignores feedback about an SSRC that it does
    /// not send: where the named one is not known, one that is known behind an open gate stands for it.
    func transportFeedbackSource(for source: UInt32) -> UInt32? {
        if let (stream, isOpen) = lookUp(source), isOpen { return stream.inboundSource }
        if context.isPartnerVideoOpen, context.partnerVideo.inboundSource != 0 {
            return context.partnerVideo.inboundSource
        }
        if context.isPartnerAudioOpen, context.partnerAudio.inboundSource != 0 {
            return context.partnerAudio.inboundSource
        }
        return nil
    }

    private func lookUp(_ source: UInt32) -> (stream: BackwardStream, isOpen: Bool)? {
        let found: (stream: BackwardStream, isOpen: Bool)
        if source == context.partnerVideo.outboundSource {
            found = (context.partnerVideo, context.isPartnerVideoOpen)
        } else if source == context.partnerAudio.outboundSource {
            found = (context.partnerAudio, context.isPartnerAudioOpen)
        } else if source == context.partnerRetransmission.outboundSource {
            found = (context.partnerRetransmission, context.isPartnerVideoOpen)
        } else {
            return nil
        }
        guard source != 0, found.stream.inboundSource != 0 else { return nil }
        return found
    }
}
