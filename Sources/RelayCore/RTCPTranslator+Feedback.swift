internal import Wire

/// Feedback messages: all of them are about B's streams.
extension RTCPTranslator {
    @_lifetime(self: copy self)
    mutating func translate(_ view: NegativeAcknowledgementView, into output: inout MutableRawSpan) {
        guard let stream = activePartnerStream(view.mediaSource) else { return }
        var hasBegun = false
        for index in 0..<view.entryCount {
            guard let entry = view.entry(at: index),
                var kept = entry.dropping(before: stream.oldestSequenceNumber)
            else { continue }
            kept.packetID = kept.packetID &- stream.sequenceOffset
            let fits =
                hasBegun
                ? writer.appendNegativeAcknowledgement(kept, into: &output)
                : writer.beginNegativeAcknowledgement(
                    sender: context.feedbackSource, media: stream.inboundSource, kept, into: &output)
            guard write(fits) else { return }
            hasBegun = true
        }
        if !hasBegun { result.beforeSplice &+= 1 }
    }

    @_lifetime(self: copy self)
    mutating func translate(_ view: PictureLossView, into output: inout MutableRawSpan) {
        requestKeyFrame(of: view.mediaSource, into: &output)
    }

    @_lifetime(self: copy self)
    mutating func translate(_ view: FullIntraRequestView, into output: inout MutableRawSpan) {
        for index in 0..<view.entryCount {
            if let entry = view.entry(at: index) { requestKeyFrame(of: entry.source, into: &output) }
        }
    }

    /// Asks B for a key frame in the one way that was offered to it, and once in a compound.
    @_lifetime(self: copy self)
    private mutating func requestKeyFrame(of source: UInt32, into output: inout MutableRawSpan) {
        guard let stream = partnerVideoStream(source), !result.containsKeyFrameRequest else { return }
        guard context.mayRequestKeyFrame else {
            result.limited &+= 1
            return
        }
        let fits = writer.appendPictureLoss(
            sender: context.feedbackSource, media: stream.inboundSource, into: &output)
        if write(fits) { result.containsKeyFrameRequest = true }
    }

    /// A REMB is about all that A receives: it passes through any open gate, with the sources that are behind one.
    @_lifetime(self: copy self)
    mutating func translate(_ view: REMBView, into output: inout MutableRawSpan) {
        guard isAnyPartnerGateOpen else {
            result.held &+= 1
            return
        }
        var hasBegun = false
        for index in 0..<view.sourceCount {
            guard let source = view.source(at: index), let stream = partnerStream(source) else { continue }
            if !hasBegun {
                guard output.byteCount &- writer.length >= REMBView.minimumLength else {
                    result.isCut = true
                    return
                }
                writer.beginREMB(sender: context.feedbackSource, bitrate: view.bitrate, into: &output)
                hasBegun = true
            }
            guard write(writer.appendREMBSource(stream.inboundSource, into: &output)) else { return }
        }
    }

    /// Transport-wide numbers are one row for audio and video: the feedback passes through any open gate.
    @_lifetime(self: copy self)
    mutating func translate(_ view: TransportFeedbackView, into output: inout MutableRawSpan) {
        guard isAnyPartnerGateOpen else {
            result.held &+= 1
            return
        }
        guard context.isTransportWideActive, let media = transportFeedbackSource(for: view.mediaSource) else {
            result.unmapped &+= 1
            return
        }
        guard statusBudget.take(view.statusCount) else {
            result.malformedBlocks &+= 1
            return
        }
        if context.isTransportWideRenumbered {
            result.transportFeedbackSource = media
            return
        }
        let base = view.baseSequenceNumber
        guard Int16(bitPattern: base &- context.oldestTransportWideNumber) >= 0 else {
            result.beforeSplice &+= 1
            return
        }
        let number = base &- context.transportWideOffset
        let fits = writer.appendTransportFeedback(
            copying: view, sender: context.feedbackSource, media: media, baseSequenceNumber: number,
            feedbackCount: result.feedbackCounter.takePartners(view.feedbackCount), into: &output)
        if write(fits) {
            result.transportFeedbackSource = media
            result.transportFeedbackEnd = number &+ UInt16(truncatingIfNeeded: view.statusCount)
        }
    }
}
