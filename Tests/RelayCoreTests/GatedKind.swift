import RelayTypes
import Testing
import Wire

@testable import RelayCore

/// One kind of packet, with the gates that it must obey.
///
/// ``all`` is made of the core's own lists: a kind that is added there does not compile here before it has its rule.
struct GatedKind: CustomTestStringConvertible, Sendable {
    /// Which gates let it pass.
    enum Rule: Equatable {
        /// What is sent on a channel, or said about one's own stream.
        case own(Channel)
        /// Feedback obeys the gate of the media that it is about.
        case partners(Channel)
        /// Feedback about everything that the partner sends.
        case anyOfPartners
        /// Not for the partner, whatever the gates.
        case never
    }

    let testDescription: String
    let rule: Rule
    let isRTCP: Bool
    let make: @Sendable (Scene) -> [UInt8]

    /// What a packet may have to name.
    struct Scene: Sendable {
        /// The sender's own SSRCs.
        let audio, video, retransmission: UInt32
        /// The server's towards the sender: what its feedback is about.
        let received: OutboundSources
        /// Numbers for what is sent.
        let number, wide: UInt16
        /// The sender's last video packet.
        let lastVideo: UInt16
        /// Highest numbers that the sender has received.
        let receivedAudio, receivedVideo, receivedRetransmission, receivedWide: UInt16
    }

    static let all = StreamRole.allCases.flatMap(of(role:)) + RTCPKind.allCases.flatMap(of(kind:))

    private init(
        _ description: String, _ rule: Rule, isRTCP: Bool = true,
        _ make: @escaping @Sendable (Scene) -> [UInt8]
    ) {
        testDescription = description
        self.rule = rule
        self.isRTCP = isRTCP
        self.make = make
    }

    private static func of(role: StreamRole) -> [GatedKind] {
        switch role {
        case .audio:
            [
                GatedKind("audio", .own(.audio), isRTCP: false) {
                    TestPacket.audio($0.number, ssrc: $0.audio, wide: $0.wide).bytes
                }
            ]
        case .video:
            [
                GatedKind("key frame", .own(.video), isRTCP: false) {
                    TestPacket.video($0.number, ssrc: $0.video, wide: $0.wide, isKey: true).bytes
                },
                GatedKind("delta frame", .own(.video), isRTCP: false) {
                    TestPacket.video($0.number, ssrc: $0.video, wide: $0.wide).bytes
                },
            ]
        case .retransmission:
            [
                GatedKind("retransmission", .own(.video), isRTCP: false) {
                    TestPacket.retransmission(
                        $0.number, of: $0.lastVideo, ssrc: $0.retransmission, wide: $0.wide
                    )
                    .bytes
                },
                GatedKind("padding probe", .own(.video), isRTCP: false) {
                    TestPacket.probe($0.number, ssrc: $0.retransmission, wide: $0.wide).bytes
                },
            ]
        }
    }

    private static func of(kind: RTCPKind) -> [GatedKind] {
        switch kind {
        case .senderReport:
            [
                GatedKind("sender report, audio", .own(.audio)) { RTCP.senderReport(of: $0.audio) },
                GatedKind("sender report, video", .own(.video)) { RTCP.senderReport(of: $0.video) },
                GatedKind("sender report, retransmissions", .own(.video)) {
                    RTCP.senderReport(of: $0.retransmission)
                },
            ]
        case .receiverReport:
            [
                GatedKind("report on audio", .partners(.audio)) {
                    RTCP.receiverReport(
                        from: $0.audio, about: $0.received.audio, highest: UInt32($0.receivedAudio))
                },
                GatedKind("report on video", .partners(.video)) {
                    RTCP.receiverReport(
                        from: $0.audio, about: $0.received.video, highest: UInt32($0.receivedVideo))
                },
                GatedKind("report on retransmissions", .partners(.video)) {
                    RTCP.receiverReport(
                        from: $0.audio, about: $0.received.retransmission,
                        highest: UInt32($0.receivedRetransmission))
                },
            ]
        case .sourceDescription:
            [GatedKind("source description", .never) { RTCP.sourceDescription(of: $0.video) }]
        case .goodbye: [GatedKind("goodbye", .never) { RTCP.goodbye(of: $0.video) }]
        case .negativeAcknowledgement:
            [
                GatedKind("NACK, video", .partners(.video)) {
                    RTCP.negativeAcknowledgement(
                        from: $0.audio, about: $0.received.video, $0.receivedVideo)
                },
                GatedKind("NACK, audio", .partners(.audio)) {
                    RTCP.negativeAcknowledgement(
                        from: $0.audio, about: $0.received.audio, $0.receivedAudio)
                },
            ]
        case .transportWide:
            [
                GatedKind("transport-wide feedback", .anyOfPartners) {
                    RTCP.transportWide(from: $0.audio, about: $0.received.video, [$0.receivedWide])
                }
            ]
        case .pictureLoss:
            [
                GatedKind("picture loss", .partners(.video)) {
                    RTCP.pictureLoss(from: $0.audio, about: $0.received.video)
                }
            ]
        case .fullIntraRequest:
            [
                GatedKind("full intra request", .partners(.video)) {
                    RTCP.fullIntraRequest(from: $0.audio, about: $0.received.video)
                }
            ]
        case .bitrateLimit:
            [
                GatedKind("REMB", .anyOfPartners) {
                    RTCP.bitrateLimit(
                        from: $0.audio,
                        about: [$0.received.audio, $0.received.video, $0.received.retransmission])
                },
                GatedKind("application feedback", .never) {
                    [0x8f, 206, 0, 4] + RTCP.word($0.audio) + RTCP.word($0.received.video)
                        + [1, 2, 3, 4, 5, 6, 7, 8]
                },
            ]
        case .unknown:
            [204, 207, 192, 223]
                .map { type in
                    GatedKind("RTCP type \(type)", .never) {
                        [0x80, type, 0, 2] + RTCP.word($0.video) + RTCP.word($0.received.video)
                    }
                }
        }
    }
}
