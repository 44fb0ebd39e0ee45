internal import Wire

/// What one RTCP packet is to the translator: whatever has no name here never passes.
internal enum RTCPKind: CaseIterable, BitwiseCopyable {
    case senderReport
    case receiverReport
    case sourceDescription
    case goodbye
    case negativeAcknowledgement
    case transportWide
    case pictureLoss
    case fullIntraRequest
    /// REMB, or other feedback of an application.
    case bitrateLimit
    /// APP, XR, and what nobody knows.
    case unknown

    /// - Parameter format: FMT, for feedback messages (RFC 4585 §6.1).
    internal init(type: UInt8, format: UInt8) {
        switch (type, format) {
        case (RTCPPacketType.senderReport, _): self = .senderReport
        case (RTCPPacketType.receiverReport, _): self = .receiverReport
        case (RTCPPacketType.sourceDescription, _): self = .sourceDescription
        case (RTCPPacketType.goodbye, _): self = .goodbye
        case (RTCPPacketType.transportFeedback, RTCPFeedbackFormat.negativeAcknowledgement):
            self = .negativeAcknowledgement
        case (RTCPPacketType.transportFeedback, RTCPFeedbackFormat.transportWide): self = .transportWide
        case (RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.pictureLoss): self = .pictureLoss
        case (RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.fullIntraRequest): self = .fullIntraRequest
        case (RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.application): self = .bitrateLimit
        default: self = .unknown
        }
    }
}
