internal import RelayTypes
internal import Wire

/// What the splice must know about one decrypted RTP packet, and where its numbers are.
internal struct PacketFacts: BitwiseCopyable {
    internal var inbound: Splice.Inbound
    /// Offset of the transport-wide number in the packet; 0 when there is none.
    private var transportWideAt = 0
    /// Offset of the original sequence number; 0 when there is none.
    private var originalAt = 0
    private let headerLength: Int
    internal let payloadLength: Int

    /// - Returns: `nil` for what is not well-formed RTP. Authenticated, but the browser may be malicious.
    @inline(__always)
    internal init?(_ packet: RawSpan, _ role: StreamRole, _ format: MediaFormat) {
        guard let view = try? RTPHeaderView(packet, padding: .upToPayload) else { return nil }
        inbound = Splice.Inbound(
            role: role, ssrc: view.ssrc, sequenceNumber: view.sequenceNumber, timestamp: view.timestamp)
        headerLength = view.headerLength
        payloadLength = view.payloadLength
        if let element = view.extensionElement(id: format.transportWideExtension), element.length >= 2 {
            transportWideAt = element.offset
            inbound.transportWideNumber = packet.uint16(at: element.offset)
        }
        // Without payload it is padding, which probes for bandwidth and repeats nothing.
        if role == .retransmission, view.payloadLength >= 2 {
            originalAt = view.headerLength
            inbound.originalSequenceNumber = packet.uint16(at: view.headerLength)
        }
    }

    /// Looks for the start of a key frame (RFC 7741 §4.3).
    internal mutating func findKeyFrame(in packet: RawSpan) {
        inbound.isKeyFrameStart = VP8Descriptor.isKeyFrameStart(
            packet.extracting(headerLength..<(headerLength &+ payloadLength)))
    }

    /// Writes the receiver's numbers over the sender's.
    @inline(__always)
    internal func write(_ placed: Splice.Outbound, into packet: inout MutableRawSpan) {
        packet.setSequenceNumber(placed.sequenceNumber)
        packet.setTimestamp(placed.timestamp)
        packet.setSSRC(placed.ssrc)
        if transportWideAt > 0 { packet.store(uint16: placed.transportWideNumber, at: transportWideAt) }
        if originalAt > 0 { packet.store(uint16: placed.originalSequenceNumber, at: originalAt) }
    }
}
