/// Where one element of an RTP header extension lies in its packet.
///
/// Source: RFC 8285 §4.
@usableFromInline package struct HeaderExtensionElement: Sendable, Equatable, BitwiseCopyable {
    /// "defined by profile" of the one-byte form (RFC 8285 §4.2).
    @inlinable package static var oneByteProfile: UInt16 { 0xbede }
    /// The same of the two-byte form; the lowest 4 bits are "appbits" (RFC 8285 §4.3).
    @inlinable package static var twoByteProfile: UInt16 { 0x1000 }

    /// Start of the value, in bytes from the start of the packet.
    @usableFromInline package let offset: Int
    /// Bytes in the value: 1 to 16 in the one-byte form, 0 to 255 in the two-byte form.
    @usableFromInline package let length: Int

    /// Searches one-byte elements: 4 bits of id, 4 bits of length minus one.
    @inlinable
    package init?(oneByteID id: UInt8, in bytes: RawSpan, from start: Int, to end: Int) {
        var position = start
        while position < end {
            let head = bytes.byte(at: position)
            if head == 0 {  // Padding between elements.
                position = position &+ 1
                continue
            }
            // Id 15 is reserved, and id 0 has no length: both end the search, whatever follows (RFC 8285 §4.2).
            guard head >> 4 != 15, head >> 4 != 0 else { return nil }
            let length = Int(head & 0x0f) &+ 1
            guard length <= end &- position &- 1 else { return nil }
            if head >> 4 == id {
                offset = position &+ 1
                self.length = length
                return
            }
            position = position &+ 1 &+ length
        }
        return nil
    }

    /// Searches two-byte elements: 8 bits of id, 8 bits of length.
    @inlinable
    package init?(twoByteID id: UInt8, in bytes: RawSpan, from start: Int, to end: Int) {
        var position = start
        while position < end {
            let head = bytes.byte(at: position)
            if head == 0 {  // Padding has no length byte (RFC 8285 §4.3).
                position = position &+ 1
                continue
            }
            guard position &+ 1 < end else { return nil }
            let length = Int(bytes.byte(at: position &+ 1))
            guard length <= end &- position &- 2 else { return nil }
            if head == id {
                offset = position &+ 2
                self.length = length
                return
            }
            position = position &+ 2 &+ length
        }
        return nil
    }
}
