/// Why bytes from the network are not the packet they claim to be.
///
/// Plain values only: throwing one allocates nothing, so the hot path may throw it.
@usableFromInline package enum WireError: Error, Sendable, Equatable, BitwiseCopyable {
    /// Fewer bytes than the fields before them promise.
    case truncated(needed: Int, got: Int)
    /// Not version 2 of RTP or RTCP (RFC 3550 §5.1, §6.4.1).
    case wrongVersion(UInt8)
    /// A first byte in one of the gaps of RFC 7983 §7.
    case unknownFirstByte(UInt8)
    /// A length field that contradicts the bytes or its own format.
    case badLength
    /// A padding count of 0, or one that leaves nothing where something must be (RFC 3550 §5.1).
    case badPadding
    /// A view was asked to look at a block of another kind.
    case wrongPacketType(UInt8)
}

extension WireError: CustomStringConvertible {
    @usableFromInline package var description: String {
        switch self {
        case .truncated(let needed, let got): "truncated: \(needed) bytes needed, got \(got)"
        case .wrongVersion(let version): "version \(version) instead of 2"
        case .unknownFirstByte(let byte): "first byte \(byte) belongs to no known protocol"
        case .badLength: "a length field contradicts the packet"
        case .badPadding: "the padding count contradicts the packet"
        case .wrongPacketType(let type): "unexpected RTCP packet type \(type)"
        }
    }
}
