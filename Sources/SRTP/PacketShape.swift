/// What must hold for a packet before a cipher may see it.
///
/// libsrtp2 2.5 subtracts lengths that it has not compared yet, so that a short packet can make it work on
/// bytes beyond the packet's end. Every length is therefore checked here first, for both implementations.
internal enum PacketShape {
    /// Bytes of an RTP header without CSRCs and extension (RFC 3550 §5.1).
    private static let rtpFixedLength = 12
    /// Bytes of an RTCP header and the sender's SSRC, the part that SRTCP never encrypts (RFC 3711 §3.4).
    internal static let rtcpFixedLength = 8
    /// Longest packet taken, in bytes: what UDP can carry.
    internal static let mostBytes = 65_535

    /// Whether `bytes` starts with a whole RTP header and has `trailer` more bytes at its end.
    internal static func isRTP(_ bytes: UnsafeRawBufferPointer, trailer: Int) -> Bool {
        rtpHeaderLength(bytes, trailer: trailer) != nil
    }

    /// Length in bytes of the RTP header with its CSRCs and extension.
    ///
    /// Source: RFC 3550 §5.1, §5.3.1.
    ///
    /// - Returns: `nil` when `bytes` is not a whole RTP header with `trailer` more bytes at its end.
    @inline(__always)
    internal static func rtpHeaderLength(_ bytes: UnsafeRawBufferPointer, trailer: Int) -> Int? {
        let end = bytes.count - trailer
        guard bytes.count <= mostBytes, end >= rtpFixedLength, bytes[0] >> 6 == 2 else { return nil }
        var header = rtpFixedLength + 4 * Int(bytes[0] & 0x0f)
        guard header <= end else { return nil }
        if bytes[0] & 0x10 != 0 {
            guard header + 4 <= end else { return nil }
            header += 4 + 4 * (Int(bytes[header + 2]) << 8 | Int(bytes[header + 3]))
        }
        return header <= end ? header : nil
    }

    /// Whether `bytes` starts with an RTCP header and an SSRC, and has `trailer` more bytes at its end.
    ///
    /// Source: RFC 3550 §6.4.1.
    internal static func isRTCP(_ bytes: UnsafeRawBufferPointer, trailer: Int) -> Bool {
        bytes.count <= mostBytes && bytes.count - trailer >= rtcpFixedLength && bytes[0] >> 6 == 2
    }

    /// The SSRC at `offset`: 8 in RTP, 4 in RTCP.
    ///
    /// - Precondition: one of the checks above has passed.
    internal static func ssrc(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
        UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
            | UInt32(bytes[offset + 3])
    }
}
