/// One packet of an RTCP compound as values (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1).
package enum RTCPBlock: Sendable, Equatable {
    case senderReport(SenderReport)
    case receiverReport(ssrc: UInt32, reports: [ReceptionReport])
    /// SDES with one chunk and one CNAME.
    case description(ssrc: UInt32, canonicalName: String)
    case bye([UInt32])
    case pictureLossIndication(sender: UInt32, media: UInt32)
    case fullIntraRequest(sender: UInt32, media: UInt32, sequenceNumber: UInt8)
    case negativeAcknowledgement(sender: UInt32, media: UInt32, lost: [UInt16])
    /// REMB, draft-alvestrand-rmcat-remb-03; in bit/s.
    case maximumBitrate(sender: UInt32, bitrate: UInt64, ssrcs: [UInt32])
    case transportFeedback(TransportFeedback)
    case other(packetType: UInt8, format: UInt8)

    /// RFC 3550 §6.4.1.
    package struct SenderReport: Sendable, Equatable {
        package var ssrc: UInt32
        /// Seconds since 1900 in the upper half, their fraction in the lower.
        package var ntpTime: UInt64
        package var rtpTimestamp: UInt32
        package var packetCount: UInt32
        package var octetCount: UInt32
        package var reports: [ReceptionReport]

        package init(
            ssrc: UInt32, ntpTime: UInt64, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32,
            reports: [ReceptionReport] = []
        ) {
            self.ssrc = ssrc
            self.ntpTime = ntpTime
            self.rtpTimestamp = rtpTimestamp
            self.packetCount = packetCount
            self.octetCount = octetCount
            self.reports = reports
        }
    }

    /// RFC 3550 §6.4.1, the report block.
    package struct ReceptionReport: Sendable, Equatable {
        package var ssrc: UInt32
        /// In 1/256.
        package var fractionLost: UInt8 = 0
        /// 24 bits.
        package var cumulativeLost: UInt32 = 0
        /// Extended by the number of wraps.
        package var highestSequenceNumber: UInt32
        /// In units of the stream's clock.
        package var jitter: UInt32 = 0
        /// The middle 32 bits of its NTP time.
        package var lastSenderReport: UInt32 = 0
        /// In units of 1/65,536 s.
        package var delaySinceLastSenderReport: UInt32 = 0

        package init(ssrc: UInt32, highestSequenceNumber: UInt32) {
            self.ssrc = ssrc
            self.highestSequenceNumber = highestSequenceNumber
        }
    }

    /// What kind it is, without its contents: for counting.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case senderReport, receiverReport, description, bye, pictureLossIndication, fullIntraRequest
        case negativeAcknowledgement, maximumBitrate, transportFeedback, other
    }

    package var kind: Kind {
        switch self {
        case .senderReport: .senderReport
        case .receiverReport: .receiverReport
        case .description: .description
        case .bye: .bye
        case .pictureLossIndication: .pictureLossIndication
        case .fullIntraRequest: .fullIntraRequest
        case .negativeAcknowledgement: .negativeAcknowledgement
        case .maximumBitrate: .maximumBitrate
        case .transportFeedback: .transportFeedback
        case .other: .other
        }
    }

    /// Every SSRC that it says it is about, its sender aside.
    package var mediaSSRCs: [UInt32] {
        switch self {
        case .senderReport(let report): report.reports.map(\.ssrc)
        case .receiverReport(_, let reports): reports.map(\.ssrc)
        case .pictureLossIndication(_, let media), .fullIntraRequest(_, let media, _),
            .negativeAcknowledgement(_, let media, _):
            [media]
        case .maximumBitrate(_, _, let ssrcs), .bye(let ssrcs): ssrcs
        case .transportFeedback(let feedback): [feedback.media]
        case .description, .other: []
        }
    }
}
