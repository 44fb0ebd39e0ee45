/// Numbers of RTCP packet types and of the feedback formats inside two of them.
package enum RTCPPacketType {
    /// SR (RFC 3550 §6.4.1).
    package static let senderReport: UInt8 = 200
    /// RR (RFC 3550 §6.4.2).
    package static let receiverReport: UInt8 = 201
    /// SDES (RFC 3550 §6.5).
    package static let sourceDescription: UInt8 = 202
    /// BYE (RFC 3550 §6.6).
    package static let goodbye: UInt8 = 203
    /// RTPFB (RFC 4585 §6.2).
    package static let transportFeedback: UInt8 = 205
    /// PSFB (RFC 4585 §6.3).
    package static let payloadFeedback: UInt8 = 206
}

/// FMT values of RTPFB and PSFB.
package enum RTCPFeedbackFormat {
    /// Generic NACK, in RTPFB (RFC 4585 §6.2.1).
    package static let negativeAcknowledgement: UInt8 = 1
    /// Transport-wide feedback, in RTPFB (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
    package static let transportWide: UInt8 = 15
    /// PLI, in PSFB (RFC 4585 §6.3.1).
    package static let pictureLoss: UInt8 = 1
    /// FIR, in PSFB (RFC 5104 §4.3.1).
    package static let fullIntraRequest: UInt8 = 4
    /// Application layer feedback, in PSFB: REMB among others (RFC 4585 §6.4).
    package static let application: UInt8 = 15
}
