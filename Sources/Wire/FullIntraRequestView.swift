/// Who must send a key frame, and the number of this command (RFC 5104 §4.3.1.1).
package struct FullIntraRequestEntry: Sendable, Equatable, BitwiseCopyable {
    package static let length = 8
    package var source: UInt32
    /// Grows by 1 with each new command to the same source; a repetition keeps it.
    package var sequenceNumber: UInt8

    package init(source: UInt32, sequenceNumber: UInt8) {
        self.source = source
        self.sequenceNumber = sequenceNumber
    }
}

/// A full intra request: a command to send key frames.
///
/// ```
/// |V=2|P|  FMT=4  |  PT=PSFB=206  |             length            |
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source = 0                     |
/// |                              SSRC                             |
/// | Seq nr.       |    Reserved                                   |
/// ```
///
/// Source: RFC 5104 §4.3.1.
package struct FullIntraRequestView: ~Escapable {
    static let fixedLength = 12
    private let block: RTCPBlockView

    /// - Throws: also when there is no whole entry.
    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.fullIntraRequest,
            length: Self.fixedLength &+ FullIntraRequestEntry.length)
        self.block = block
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    package var entryCount: Int { (block.contentEnd &- Self.fixedLength) / FullIntraRequestEntry.length }

    /// The entry at `index`, or `nil` when there are not so many.
    package func entry(at index: Int) -> FullIntraRequestEntry? {
        guard index >= 0, index < entryCount else { return nil }
        let offset = Self.fixedLength &+ FullIntraRequestEntry.length &* index
        return FullIntraRequestEntry(
            source: block.bytes.uint32(at: offset), sequenceNumber: block.bytes.byte(at: offset &+ 4))
    }
}
