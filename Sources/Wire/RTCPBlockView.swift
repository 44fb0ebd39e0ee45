/// One RTCP packet inside a compound, with its lengths checked.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P| RC/FMT  |      PT       |   length (32-bit words - 1)   |
/// ```
///
/// Source: RFC 3550 §6.4.1. "Block" because RFC 3550 calls both the whole and the part "packet".
package struct RTCPBlockView: ~Escapable {
    /// Bytes in the header that all kinds share.
    package static let headerLength = 4

    /// The whole block: header, content, padding.
    package let bytes: RawSpan
    /// Where it starts in the compound, in bytes.
    package let offset: Int
    /// Bytes without padding: header and content.
    package let contentEnd: Int

    /// Looks at the block that starts at `offset` of `compound`.
    ///
    /// Padding is believed in any block, not only in the last one, as browsers do; its count need not be a multiple
    /// of 4, because Chromium pads transport-wide feedback by 1 to 3 octets.
    @_lifetime(copy compound)
    init(_ compound: RawSpan, at offset: Int) throws(WireError) {
        let available = compound.byteCount &- offset
        guard available >= Self.headerLength else {
            throw .truncated(needed: Self.headerLength, got: available)
        }
        let first = compound.byte(at: offset)
        guard first >> 6 == 2 else { throw .wrongVersion(first >> 6) }
        let length = 4 &* (Int(compound.uint16(at: offset &+ 2)) &+ 1)
        guard length <= available else { throw .truncated(needed: length, got: available) }
        var end = length
        if first & 0x20 != 0 {
            let octets = Int(compound.byte(at: offset &+ length &- 1))
            guard octets >= 1, octets <= length &- Self.headerLength else { throw .badPadding }
            end = length &- octets
        }
        bytes = compound.extracting(offset..<(offset &+ length))
        self.offset = offset
        contentEnd = end
    }

    /// Bytes in the whole block, header and padding included.
    package var length: Int { @inline(__always) get { bytes.byteCount } }
    /// PT, one of ``RTCPPacketType`` or unknown.
    package var packetType: UInt8 { @inline(__always) get { bytes.byte(at: 1) } }
    /// RC or SC: how many reports or sources follow.
    package var count: Int { @inline(__always) get { Int(bytes.byte(at: 0) & 0x1f) } }
    /// FMT, the same 5 bits in a feedback message (RFC 4585 §6.1).
    package var format: UInt8 { @inline(__always) get { bytes.byte(at: 0) & 0x1f } }

    /// - Throws: when the block is of another kind, or shorter without padding than its kind must be.
    @inline(__always)
    func require(_ type: UInt8, format: UInt8? = nil, length: Int) throws(WireError) {
        guard packetType == type else { throw .wrongPacketType(packetType) }
        if let format, self.format != format { throw .wrongPacketType(packetType) }
        guard contentEnd >= length else { throw .truncated(needed: length, got: contentEnd) }
    }
}
