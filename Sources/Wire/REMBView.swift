/// A receiver estimated maximum bitrate.
///
/// ```
/// |V=2|P| FMT=15  |   PT=206      |             length            |
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source = 0                     |
/// |  Unique identifier 'R' 'E' 'M' 'B'                            |
/// |  Num SSRC     | BR Exp    |  BR Mantissa                      |
/// |   SSRC feedback, Num SSRC times                               |
/// ```
///
/// Source: draft-alvestrand-rmcat-remb-03 §2.2.
package struct REMBView: ~Escapable {
    /// "REMB" in ASCII.
    package static let identifier: UInt32 = 0x5245_4d42
    static let fixedLength = 20
    /// Bytes of one that names a single source.
    package static let minimumLength = 24
    private let block: RTCPBlockView

    /// - Throws: ``WireError/wrongPacketType(_:)`` for application layer feedback of another kind,
    ///   ``WireError/badLength`` for a bitrate beyond 64 bits.
    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.payloadFeedback, format: RTCPFeedbackFormat.application, length: Self.fixedLength)
        guard block.bytes.uint32(at: 12) == Self.identifier else { throw .wrongPacketType(block.packetType) }
        let needed = Self.fixedLength &+ 4 &* Int(block.bytes.byte(at: 16))
        guard block.contentEnd >= needed else { throw .truncated(needed: needed, got: block.contentEnd) }
        let mantissa = UInt64(block.bytes.uint24(at: 17) & 0x3_ffff)
        guard
            (mantissa << UInt64(block.bytes.byte(at: 17) >> 2)) >> UInt64(block.bytes.byte(at: 17) >> 2)
                == mantissa
        else { throw .badLength }
        self.block = block
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    /// In bits per second.
    package var bitrate: UInt64 {
        UInt64(block.bytes.uint24(at: 17) & 0x3_ffff) << UInt64(block.bytes.byte(at: 17) >> 2)
    }
    package var sourceCount: Int { Int(block.bytes.byte(at: 16)) }

    /// The source at `index`, or `nil` when there are not so many.
    package func source(at index: Int) -> UInt32? {
        guard index >= 0, index < sourceCount else { return nil }
        return block.bytes.uint32(at: Self.fixedLength &+ 4 &* index)
    }
}
