/// Where things are in a binding request, read before anything in it is believed.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |0 0|     STUN Message Type     |         Message Length        |
/// |                         Magic Cookie                          |
/// |                     Transaction ID (96 bits)                  |
/// ```
///
/// libnice compares 20 bytes of MESSAGE-INTEGRITY whatever length the attribute has, so the lengths are
/// checked here before libnice sees the message.
///
/// Source: RFC 8489 §5, §14.
internal struct STUNRequestLayout {
    /// Length of the header in bytes.
    internal static let headerLength = 20
    private static let bindingRequest: UInt16 = 0x0001
    private static let magicCookie: UInt32 = 0x2112_a442

    private static let username: UInt16 = 0x0006
    private static let messageIntegrity: UInt16 = 0x0008
    private static let fingerprint: UInt16 = 0x8028
    /// Attributes that must be understood and are (RFC 8489 §14, RFC 8445 §16.1).
    ///
    /// As in the C header.
    private static let known: [UInt16] = [
        0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x001c, 0x0020, 0x0024, 0x0025,
    ]

    /// The value of USERNAME, without padding.
    internal private(set) var usernameRange: Range<Int>?
    internal private(set) var hasMessageIntegrity = false
    internal private(set) var hasFingerprint = false
    /// Whether an attribute that must be understood is not, among those that MESSAGE-INTEGRITY covers.
    internal private(set) var hasUnknownRequired = false

    /// Whether the header is that of a binding request, and the datagram as long as the header says.
    @inline(__always)
    internal static func isBindingRequest(_ datagram: RawSpan) -> Bool {
        let count = datagram.byteCount
        return count >= headerLength
            && datagram.networkUInt16(at: 0) == bindingRequest
            && datagram.networkUInt32(at: 4) == magicCookie
            && Int(datagram.networkUInt16(at: 2)) == count - headerLength
            && count & 3 == 0
    }

    /// - Returns: `nil` when it is no binding request, or an attribute reaches beyond the end, or MESSAGE-
    ///   INTEGRITY
    ///   or FINGERPRINT has a wrong length, or FINGERPRINT is not last.
    internal init?(_ datagram: RawSpan) {
        guard Self.isBindingRequest(datagram) else { return nil }
        let end = datagram.byteCount
        var offset = Self.headerLength
        while offset < end {
            guard offset + 4 <= end, !hasFingerprint else { return nil }
            let type = datagram.networkUInt16(at: offset)
            let length = Int(datagram.networkUInt16(at: offset + 2))
            let value = offset + 4
            let next = value + (length + 3) & ~3
            guard next <= end else { return nil }
            switch type {
            case Self.fingerprint:
                guard length == 4 else { return nil }
                hasFingerprint = true
            case _ where hasMessageIntegrity:
                break  // Not covered, so not believed (RFC 8489 §14.5).
            case Self.messageIntegrity:
                guard length == 20 else { return nil }
                hasMessageIntegrity = true
            case Self.username:
                if usernameRange == nil { usernameRange = value..<(value + length) }
            default:
                // Types below 0x8000 must be understood (RFC 8489 §14).
                if type < 0x8000, !Self.known.contains(type) { hasUnknownRequired = true }
            }
            offset = next
        }
    }
}

/// Network byte order.
///
/// The loads are bounds-checked by `RawSpan`; callers have checked before.
extension RawSpan {
    @inline(__always)
    internal func networkUInt16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    internal func networkUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
