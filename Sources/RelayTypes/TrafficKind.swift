/// What a datagram is, for counting.
package enum TrafficKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case audio
    case video
    /// Retransmissions of video (RFC 4588).
    case retransmission
    case rtcp
    case stun
    case dtls
    /// None of these, by its first byte (RFC 7983) or its payload type.
    case other

    /// A label for metrics.
    package var name: String {
        switch self {
        case .audio: "audio"
        case .video: "video"
        case .retransmission: "rtx"
        case .rtcp: "rtcp"
        case .stun: "stun"
        case .dtls: "dtls"
        case .other: "other"
        }
    }
}
