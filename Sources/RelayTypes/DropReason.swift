/// Why a datagram or a packet went no further.
///
/// Counted, never logged one by one.
package enum DropReason: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// The first byte belongs to no protocol that we speak (RFC 7983), or the datagram is too short for it.
    case unknownProtocol
    /// Longer than a receive slot.
    case tooLong
    /// From an address that no authenticated binding request came from.
    case unknownAddress
    /// STUN that is not a well-formed binding request for a leg that we have.
    case stunMalformed
    /// STUN whose MESSAGE-INTEGRITY or FINGERPRINT is missing or wrong (RFC 8489 §14.5, §14.7).
    case stunUnauthenticated
    /// DTLS before the browser's answer was read, or beyond the handshake budget of one turn.
    case dtlsUnexpected
    /// SRTP or SRTCP before the handshake gave keys.
    case noKeys
    /// Not well-formed RTP (RFC 3550 §5.1).
    case rtpMalformed
    /// Not well-formed RTCP (RFC 3550 §6).
    case rtcpMalformed
    /// SRTP or SRTCP that fails authentication (RFC 3711 §3.3).
    case srtpUnauthenticated
    /// Seen before, or older than the replay window (RFC 3711 §3.3.2).
    case srtpReplayed
    /// A payload type that was not negotiated, or more SSRCs than one leg may use.
    case unexpectedStream
    /// There is no partner.
    case noPair
    /// The gate has a hold.
    case held
    /// From before the current splice.
    case beforeSplice
    /// The partner's leg is not up, or has not consented to receive (RFC 7675).
    case partnerNotReady
    /// Feedback about something that the partner does not send, or that the gate holds back.
    case feedbackUnmapped
    /// A request for a key frame too soon after another one: the server asks again in time.
    case keyFrameLimited
    /// The kernel did not take it.
    case sendFailed
    /// SRTP protection failed.
    case protectFailed

    /// A label for metrics and the admin API.
    package var name: String {
        switch self {
        case .unknownProtocol: "unknown_protocol"
        case .tooLong: "too_long"
        case .unknownAddress: "unknown_address"
        case .stunMalformed: "stun_malformed"
        case .stunUnauthenticated: "stun_unauthenticated"
        case .dtlsUnexpected: "dtls_unexpected"
        case .noKeys: "no_keys"
        case .rtpMalformed: "rtp_malformed"
        case .rtcpMalformed: "rtcp_malformed"
        case .srtpUnauthenticated: "srtp_unauthenticated"
        case .srtpReplayed: "srtp_replayed"
        case .unexpectedStream: "unexpected_stream"
        case .noPair: "no_pair"
        case .held: "held"
        case .beforeSplice: "before_splice"
        case .partnerNotReady: "partner_not_ready"
        case .feedbackUnmapped: "feedback_unmapped"
        case .keyFrameLimited: "key_frame_limited"
        case .sendFailed: "send_failed"
        case .protectFailed: "protect_failed"
        }
    }
}
