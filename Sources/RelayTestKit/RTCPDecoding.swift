extension RTCPBlock {
    /// - Returns: the blocks of a compound or reduced-size packet, or `nil` when the bytes are none.
    package static func decode(_ bytes: [UInt8]) -> [RTCPBlock]? {
        var reader = ByteReader(bytes[...])
        var blocks: [RTCPBlock] = []
        while reader.remaining > 0 {
            guard let first = reader.uint8(), first >> 6 == 2, let type = reader.uint8(),
                let words = reader.uint16(), let body = reader.take(4 * Int(words)),
                let block = block(type: type, format: first & 0x1f, ByteReader(body))
            else { return nil }
            blocks.append(block)
        }
        return blocks.isEmpty ? nil : blocks
    }

    private static func block(type: UInt8, format: UInt8, _ body: ByteReader) -> RTCPBlock? {
        var body = body
        switch (type, format) {
        case (200, _):
            guard let ssrc = body.uint32(), let ntp = body.uint64(), let rtp = body.uint32(),
                let packets = body.uint32(), let octets = body.uint32(),
                let reports = reports(Int(format), &body)
            else { return nil }
            return .senderReport(
                SenderReport(
                    ssrc: ssrc, ntpTime: ntp, rtpTimestamp: rtp, packetCount: packets, octetCount: octets,
                    reports: reports))
        case (201, _):
            guard let ssrc = body.uint32(), let reports = reports(Int(format), &body) else { return nil }
            return .receiverReport(ssrc: ssrc, reports: reports)
        case (202, 1):
            guard let ssrc = body.uint32(), body.uint8() == 1, let length = body.uint8(),
                let name = body.take(Int(length))
            else { return .other(packetType: type, format: format) }
            return .description(ssrc: ssrc, canonicalName: String(decoding: name, as: UTF8.self))
        case (203, _): return .bye((0..<format).compactMap { _ in body.uint32() })
        case (205, 1), (205, 15), (206, 1), (206, 4), (206, 15):
            guard let sender = body.uint32(), let media = body.uint32() else { return nil }
            return feedback(type: type, format: format, sender: sender, media: media, body)
        default: return .other(packetType: type, format: format)
        }
    }

    private static func feedback(
        type: UInt8, format: UInt8, sender: UInt32, media: UInt32, _ item: ByteReader
    ) -> RTCPBlock? {
        var item = item
        switch (type, format) {
        case (205, 1):
            var lost: [UInt16] = []
            while let first = item.uint16(), let mask = item.uint16() {
                lost.append(first)
                for bit in UInt16(0)..<16 where mask & (1 << bit) != 0 { lost.append(first &+ bit &+ 1) }
            }
            return .negativeAcknowledgement(sender: sender, media: media, lost: lost)
        case (205, 15):
            return TransportFeedback(sender: sender, media: media, item).map { .transportFeedback($0) }
        case (206, 1): return .pictureLossIndication(sender: sender, media: media)
        case (206, 4):
            guard let target = item.uint32(), let number = item.uint8() else { return nil }
            return .fullIntraRequest(sender: sender, media: target, sequenceNumber: number)
        default:
            guard let name = item.take(4), Array(name) == Array("REMB".utf8) else {
                return .other(packetType: type, format: format)
            }
            guard let count = item.uint8(), let rate = item.uint24() else { return nil }
            let ssrcs = (0..<count).compactMap { _ in item.uint32() }
            guard ssrcs.count == Int(count) else { return nil }
            // The exponent has 6 bits: what is shifted out at the top is no bit rate that exists.
            let bitrate = UInt64(rate & 0x3_ffff) << UInt64(rate >> 18)
            return .maximumBitrate(sender: sender, bitrate: bitrate, ssrcs: ssrcs)
        }
    }

    private static func reports(_ count: Int, _ body: inout ByteReader) -> [ReceptionReport]? {
        var found: [ReceptionReport] = []
        for _ in 0..<count {
            guard let ssrc = body.uint32(), let fraction = body.uint8(), let lost = body.uint24(),
                let highest = body.uint32(), let jitter = body.uint32(), let last = body.uint32(),
                let delay = body.uint32()
            else { return nil }
            var report = ReceptionReport(ssrc: ssrc, highestSequenceNumber: highest)
            report.fractionLost = fraction
            report.cumulativeLost = lost
            report.jitter = jitter
            report.lastSenderReport = last
            report.delaySinceLastSenderReport = delay
            found.append(report)
        }
        return found
    }
}
