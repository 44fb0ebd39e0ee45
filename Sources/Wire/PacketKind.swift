/// Which protocol a datagram on the shared port belongs to.
///
/// ```
///           +----------------+
///           |        [0..3] -+--> STUN
///           |      [20..63] -+--> DTLS
///           |    [128..191] -+--> RTP or RTCP: second byte 192..223 is RTCP
///           +----------------+
/// ```
///
/// ZRTP (16 to 19) and TURN channels (64 to 79) are of no use to this server and count as unknown.
///
/// Source: RFC 7983 §7, and RFC 5761 §4 for the second byte.
@usableFromInline package enum PacketKind: Sendable, Equatable, BitwiseCopyable {
    case stun
    case dtls
    case rtp
    case rtcp

    /// - Throws: ``WireError/truncated(needed:got:)`` when a byte that decides is missing,
    ///   ``WireError/unknownFirstByte(_:)``.
    @inlinable @inline(__always)
    package init(_ datagram: RawSpan) throws(WireError) {
        guard datagram.byteCount >= 1 else { throw .truncated(needed: 1, got: 0) }
        let first = datagram.byte(at: 0)
        switch first {
        case 128...191:
            guard datagram.byteCount >= 2 else { throw .truncated(needed: 2, got: 1) }
            self = datagram.byte(at: 1) & 0xe0 == 0xc0 ? .rtcp : .rtp
        case 0...3: self = .stun
        case 20...63: self = .dtls
        default: throw .unknownFirstByte(first)
        }
    }
}
