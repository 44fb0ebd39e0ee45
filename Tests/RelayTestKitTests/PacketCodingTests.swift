import RelayTestKit
import Testing

@Suite("The kit's packets survive the wire")
struct PacketCodingTests {
    @Test("RTP with header extensions (RFC 3550 §5.1, RFC 8285 §4.2)")
    func rtp() throws {
        var packet = RTPPacket(
            payloadType: 96, sequenceNumber: 65_535, timestamp: 0xdead_beef, ssrc: 0x0102_0304,
            payload: [9, 8, 7])
        packet.marker = true
        packet.extensions = [.init(id: 2, value: [0xab, 0xcd]), .init(id: 1, value: [0x31])]
        let bytes = packet.encoded
        #expect(Array(bytes.prefix(4)) == [0x90, 0xe0, 0xff, 0xff])
        #expect(Array(bytes[12..<24]) == [0xbe, 0xde, 0, 2, 0x21, 0xab, 0xcd, 0x10, 0x31, 0, 0, 0])
        #expect(RTPPacket(decoding: bytes) == packet)
    }

    @Test("no prefix of a packet traps", arguments: [true, false])
    func truncated(isRTP: Bool) {
        var packet = RTPPacket(payloadType: 96, sequenceNumber: 1, timestamp: 2, ssrc: 3, payload: [])
        packet.extensions = [.init(id: 2, value: [1, 2])]
        let bytes = isRTP ? packet.encoded : RTCPBlock.encode(Self.blocks)
        for length in 0..<bytes.count {
            _ = RTPPacket(decoding: Array(bytes.prefix(length)))
            _ = RTCPBlock.decode(Array(bytes.prefix(length)))
        }
    }

    static let report: RTCPBlock.ReceptionReport = {
        var report = RTCPBlock.ReceptionReport(ssrc: 5, highestSequenceNumber: 0x0001_ffff)
        report.fractionLost = 6
        report.cumulativeLost = 0x0102_03
        report.jitter = 7
        report.lastSenderReport = 8
        report.delaySinceLastSenderReport = 9
        return report
    }()

    static let blocks: [RTCPBlock] = [
        .senderReport(
            .init(
                ssrc: 1, ntpTime: 0x1122_3344_5566_7788, rtpTimestamp: 2, packetCount: 3, octetCount: 4,
                reports: [PacketCodingTests.report])),
        .receiverReport(ssrc: 9, reports: []),
        .description(ssrc: 10, canonicalName: "somebody"),
        .pictureLossIndication(sender: 11, media: 12),
        .fullIntraRequest(sender: 13, media: 14, sequenceNumber: 15),
        .negativeAcknowledgement(sender: 16, media: 17, lost: [65_534, 65_535, 1, 14, 15, 400]),
        .maximumBitrate(sender: 18, bitrate: 262_143 << 5, ssrcs: [19, 20]),
        .transportFeedback(
            .init(
                sender: 21, media: 22, base: 65_530, referenceTime: 23, count: 24,
                deltas: [0, nil, 255, 256, -1, nil, nil, 7, nil])),
        .bye([25]),
    ]

    @Test("RTCP compounds", arguments: PacketCodingTests.blocks)
    func rtcp(block: RTCPBlock) {
        #expect(RTCPBlock.decode(block.encoded) == [block])
        #expect(block.encoded.count % 4 == 0)
    }

    @Test("several blocks in one datagram")
    func compound() {
        #expect(RTCPBlock.decode(RTCPBlock.encode(Self.blocks)) == Self.blocks)
    }

    @Test("a NACK packs 16 followers into a mask (RFC 4585 §6.2.1)")
    func nack() {
        let block = RTCPBlock.negativeAcknowledgement(sender: 1, media: 2, lost: [10, 11, 26, 27])
        #expect(Array(block.encoded.dropFirst(12)) == [0, 10, 0x80, 0x01, 0, 27, 0, 0])
    }
}
