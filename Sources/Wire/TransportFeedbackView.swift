/// Transport-wide congestion control feedback: which packets arrived, and when.
///
/// ```
/// |V=2|P|  FMT=15 |    PT=205     |           length              |
/// |                     SSRC of packet sender                     |
/// |                      SSRC of media source                     |
/// |      base sequence number     |      packet status count      |
/// |                 reference time                | fb pkt. count |
/// |          packet chunk         |         packet chunk          |
/// |         packet chunk          |  recv delta   |  recv delta   |
/// ```
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
package struct TransportFeedbackView: ~Escapable {
    /// Most packets that one message may report: beyond half of the number space, older and newer are the same.
    package static let maximumStatusCount = 0x8000
    static let fixedLength = 20
    private let block: RTCPBlockView
    /// Where the receive deltas start and end, in bytes from the start of the block.
    private let deltaStart: Int
    private let deltaEnd: Int

    /// Checks that there are as many statuses and deltas as the counts promise.
    ///
    /// Takes time in proportion to the bytes, whatever the counts say.
    ///
    /// - Throws: ``WireError/badLength`` for no packet, too many, or a reserved symbol.
    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.transportFeedback, format: RTCPFeedbackFormat.transportWide,
            length: Self.fixedLength)
        var remaining = Int(block.bytes.uint16(at: 14))
        guard remaining >= 1, remaining <= Self.maximumStatusCount else { throw .badLength }
        var position = Self.fixedLength
        var deltaBytes = 0
        while remaining > 0 {
            guard position &+ 2 <= block.contentEnd else {
                throw .truncated(needed: position &+ 2, got: block.contentEnd)
            }
            let chunk = TransportStatusChunk(block.bytes.uint16(at: position))
            let count = min(chunk.count, remaining)
            guard let bytes = chunk.deltaBytes(first: count) else { throw .badLength }
            deltaBytes = deltaBytes &+ bytes
            remaining = remaining &- count
            position = position &+ 2
        }
        guard position &+ deltaBytes <= block.contentEnd else {
            throw .truncated(needed: position &+ deltaBytes, got: block.contentEnd)
        }
        self.block = block
        deltaStart = position
        deltaEnd = position &+ deltaBytes
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    package var mediaSource: UInt32 { block.bytes.uint32(at: 8) }
    package var baseSequenceNumber: UInt16 { block.bytes.uint16(at: 12) }
    package var statusCount: Int { Int(block.bytes.uint16(at: 14)) }
    /// In units of 64 ms, 24 bits, signed.
    package var referenceTime: Int32 { Int32(bitPattern: block.bytes.uint24(at: 16) << 8) >> 8 }
    /// "fb pkt count": grows by 1 with each message.
    package var feedbackCount: UInt8 { block.bytes.byte(at: 19) }

    /// Base sequence number, counts, chunks and deltas, and not what follows them.
    var content: RawSpan {
        @_lifetime(copy self)
        get { block.bytes.extracting(12..<deltaEnd) }
    }

    /// Walks over all ``statusCount`` statuses.
    package var statuses: TransportStatusCursor {
        @_lifetime(copy self)
        get {
            TransportStatusCursor(
                block.bytes, deltaPosition: deltaStart, sequenceNumber: baseSequenceNumber,
                remaining: statusCount)
        }
    }
}
