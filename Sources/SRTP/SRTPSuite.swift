/// The SRTP protection profiles that the server speaks, by their numbers in `use_srtp`.
///
/// Source: RFC 5764 §4.1.2, RFC 7714 §14.2.
package enum SRTPSuite: UInt16, Sendable, CaseIterable, BitwiseCopyable {
    case aeadAES128GCM = 0x0007
    case aeadAES256GCM = 0x0008
    case aes128CMSHA1_80 = 0x0001

    /// Length of the master key in bytes.
    package var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }

    /// Length of the master salt in bytes (RFC 3711 §8.2: 112 bits; RFC 7714 §12: 96 bits).
    package var saltLength: Int { self == .aes128CMSHA1_80 ? 14 : 12 }

    /// Length in bytes of what a key exporter must give for both directions (RFC 5764 §4.2).
    package var exportedLength: Int { 2 * (keyLength + saltLength) }

    /// What protection adds to an RTP packet, in bytes: the authentication tag.
    ///
    /// Source: RFC 3711 §3.1, RFC 7714 §13.1. No MKI is ever used.
    package var rtpTrailerLength: Int { self == .aes128CMSHA1_80 ? 10 : 16 }

    /// What protection adds to an RTCP packet, in bytes: the tag, and the E bit with the SRTCP index.
    ///
    /// Source: RFC 3711 §3.4, RFC 7714 §13.1.
    package var rtcpTrailerLength: Int { rtpTrailerLength + 4 }
}
