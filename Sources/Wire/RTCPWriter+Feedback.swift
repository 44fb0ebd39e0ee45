/// Feedback messages (RFC 4585 §6.1): sender, media source, and what the format adds.
extension RTCPWriter {
    /// Appends a PLI (RFC 4585 §6.3.1).
    @discardableResult
    package mutating func appendPictureLoss(
        sender: UInt32, media: UInt32, into output: inout MutableRawSpan
    ) -> Bool {
        beginFeedback(
            RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.pictureLoss, sender: sender,
            media: media,
            byteCount: PictureLossView.length, into: &output) != nil
    }

    /// Appends a FIR with its first entry (RFC 5104 §4.3.1).
    @discardableResult
    package mutating func beginFullIntraRequest(
        sender: UInt32, _ entry: FullIntraRequestEntry, into output: inout MutableRawSpan
    ) -> Bool {
        guard
            let start = beginFeedback(
                RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.fullIntraRequest, sender: sender,
                media: 0, byteCount: FullIntraRequestView.fixedLength &+ FullIntraRequestEntry.length,
                into: &output)
        else { return false }
        store(entry, at: start &+ FullIntraRequestView.fixedLength, into: &output)
        return true
    }

    /// Appends another entry to the FIR that was begun last.
    @discardableResult
    package mutating func appendFullIntraRequest(
        _ entry: FullIntraRequestEntry, into output: inout MutableRawSpan
    ) -> Bool {
        guard lastBlock(is: RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.fullIntraRequest, in: output),
            let offset = extend(by: FullIntraRequestEntry.length, into: &output)
        else { return false }
        store(entry, at: offset, into: &output)
        return true
    }

    /// Appends a generic NACK with its first entry (RFC 4585 §6.2.1).
    @discardableResult
    package mutating func beginNegativeAcknowledgement(
        sender: UInt32, media: UInt32, _ entry: NegativeAcknowledgementEntry,
        into output: inout MutableRawSpan
    ) -> Bool {
        guard
            let start = beginFeedback(
                RTCPPacketType.transportFeedback, format: RTCPFeedbackFormat.negativeAcknowledgement,
                sender: sender, media: media,
                byteCount: NegativeAcknowledgementView.fixedLength &+ NegativeAcknowledgementEntry.length,
                into: &output)
        else { return false }
        store(entry, at: start &+ NegativeAcknowledgementView.fixedLength, into: &output)
        return true
    }

    /// Appends another entry to the NACK that was begun last.
    @discardableResult
    package mutating func appendNegativeAcknowledgement(
        _ entry: NegativeAcknowledgementEntry, into output: inout MutableRawSpan
    ) -> Bool {
        let format = RTCPFeedbackFormat.negativeAcknowledgement
        guard lastBlock(is: RTCPPacketType.transportFeedback, format, in: output),
            let offset = extend(by: NegativeAcknowledgementEntry.length, into: &output)
        else { return false }
        store(entry, at: offset, into: &output)
        return true
    }

    /// Appends a REMB without sources (draft-alvestrand-rmcat-remb-03 §2.2).
    ///
    /// - Parameter bitrate: in bits per second; rounded down to 18 significant bits.
    @discardableResult
    package mutating func beginREMB(
        sender: UInt32, bitrate: UInt64, into output: inout MutableRawSpan
    ) -> Bool {
        guard
            let start = beginFeedback(
                RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.application, sender: sender,
                media: 0,
                byteCount: REMBView.fixedLength, into: &output)
        else { return false }
        let exponent = max(0, 64 &- bitrate.leadingZeroBitCount &- 18)
        let mantissa = UInt32(truncatingIfNeeded: bitrate >> UInt64(exponent))
        output.store(uint32: REMBView.identifier, at: start &+ 12)
        output.store(uint8: 0, at: start &+ 16)
        output.store(uint24: UInt32(exponent) << 18 | mantissa, at: start &+ 17)
        return true
    }

    /// Appends a source to the REMB that was begun last; at most 255.
    @discardableResult
    package mutating func appendREMBSource(_ source: UInt32, into output: inout MutableRawSpan) -> Bool {
        guard lastBlock(is: RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.application, in: output) else {
            return false
        }
        let count = output.bytes.byte(at: blockStart &+ 16)
        guard count < 255, let offset = extend(by: 4, into: &output) else { return false }
        output.store(uint8: count &+ 1, at: blockStart &+ 16)
        output.store(uint32: source, at: offset)
        return true
    }

    /// Appends transport-wide feedback of another with new identities and a new "fb pkt count": its statuses and
    /// times stay as they are.
    ///
    /// What comes after the last delta is replaced by zeros: it means nothing, and could be anything.
    @discardableResult
    package mutating func appendTransportFeedback(
        copying view: TransportFeedbackView, sender: UInt32, media: UInt32, baseSequenceNumber: UInt16,
        feedbackCount: UInt8, into output: inout MutableRawSpan
    ) -> Bool {
        let content = view.content
        let byteCount = (12 &+ content.byteCount &+ 3) & ~3
        guard
            let start = beginFeedback(
                RTCPPacketType.transportFeedback, format: RTCPFeedbackFormat.transportWide, sender: sender,
                media: media, byteCount: byteCount, into: &output)
        else { return false }
        output.store(uint32: 0, at: start &+ byteCount &- 4)
        guard output.store(bytes: content, at: start &+ 12) else { return false }
        output.store(uint16: baseSequenceNumber, at: start &+ 12)
        output.store(uint8: feedbackCount, at: start &+ 19)
        return true
    }

    /// Starts a feedback message with the 12 bytes that all have.
    mutating func beginFeedback(
        _ type: UInt8, format: UInt8, sender: UInt32, media: UInt32, byteCount: Int,
        into output: inout MutableRawSpan
    ) -> Int? {
        guard let start = begin(type, format: format, byteCount: byteCount, into: &output) else { return nil }
        output.store(uint32: sender, at: start &+ 4)
        output.store(uint32: media, at: start &+ 8)
        return start
    }

    private func lastBlock(is type: UInt8, _ format: UInt8, in output: borrowing MutableRawSpan) -> Bool {
        length > 0 && output.bytes.byte(at: blockStart) & 0x1f == format
            && output.bytes.byte(at: blockStart &+ 1) == type
    }

    private func store(_ entry: FullIntraRequestEntry, at offset: Int, into output: inout MutableRawSpan) {
        output.store(uint32: entry.source, at: offset)
        output.store(uint32: UInt32(entry.sequenceNumber) << 24, at: offset &+ 4)
    }

    private func store(
        _ entry: NegativeAcknowledgementEntry, at offset: Int, into output: inout MutableRawSpan
    ) {
        output.store(uint16: entry.packetID, at: offset)
        output.store(uint16: entry.lostPackets, at: offset &+ 2)
    }
}
