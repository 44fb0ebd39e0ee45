internal import RelayTypes

/// What a stream is, told by its payload type: the same numbers on every leg (PROTOCOL.md section 3).
internal enum StreamRole: UInt8, CaseIterable, BitwiseCopyable {
    case audio = 0
    case video = 1
    /// Retransmissions of video (RFC 4588 §4).
    case retransmission = 2

    @inline(__always)
    internal init?(payloadType: UInt8, format: MediaFormat) {
        if payloadType == format.opusPayloadType {
            self = .audio
        } else if payloadType == format.vp8PayloadType {
            self = .video
        } else if payloadType == format.rtxPayloadType {
            self = .retransmission
        } else {
            return nil
        }
    }

    /// What it counts as.
    @inline(__always)
    internal var kind: TrafficKind {
        switch self {
        case .audio: .audio
        case .video: .video
        case .retransmission: .retransmission
        }
    }

    /// Whose gate it must pass.
    @inline(__always)
    internal var channel: Channel { self == .audio ? .audio : .video }
}
