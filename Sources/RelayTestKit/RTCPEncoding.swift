extension RTCPBlock {
    /// A compound packet of these blocks.
    package static func encode(_ blocks: [RTCPBlock]) -> [UInt8] { blocks.flatMap(\.encoded) }

    package var encoded: [UInt8] {
        switch self {
        case .senderReport(let report):
            var body: [UInt8] = []
            body.append(uint32: report.ssrc)
            body.append(uint64: report.ntpTime)
            body.append(uint32: report.rtpTimestamp)
            body.append(uint32: report.packetCount)
            body.append(uint32: report.octetCount)
            for block in report.reports { body += block.encoded }
            return Self.packet(type: 200, format: UInt8(truncatingIfNeeded: report.reports.count), body)
        case .receiverReport(let ssrc, let reports):
            var body: [UInt8] = []
            body.append(uint32: ssrc)
            for block in reports { body += block.encoded }
            return Self.packet(type: 201, format: UInt8(truncatingIfNeeded: reports.count), body)
        case .description(let ssrc, let name):
            var body: [UInt8] = []
            body.append(uint32: ssrc)
            body.append(1)
            body.append(UInt8(truncatingIfNeeded: name.utf8.count))
            body += Array(name.utf8)
            body.append(0)
            while body.count % 4 != 0 { body.append(0) }
            return Self.packet(type: 202, format: 1, body)
        case .bye(let ssrcs):
            var body: [UInt8] = []
            for ssrc in ssrcs { body.append(uint32: ssrc) }
            return Self.packet(type: 203, format: UInt8(truncatingIfNeeded: ssrcs.count), body)
        case .pictureLossIndication(let sender, let media):
            return Self.feedback(type: 206, format: 1, sender: sender, media: media, [])
        case .fullIntraRequest(let sender, let media, let number):
            var body: [UInt8] = []
            body.append(uint32: media)
            body += [number, 0, 0, 0]
            return Self.feedback(type: 206, format: 4, sender: sender, media: 0, body)
        case .negativeAcknowledgement(let sender, let media, let lost):
            return Self.feedback(type: 205, format: 1, sender: sender, media: media, Self.nackItems(lost))
        case .maximumBitrate(let sender, let bitrate, let ssrcs):
            return Self.feedback(
                type: 206, format: 15, sender: sender, media: 0, Self.rembItem(bitrate, ssrcs))
        case .transportFeedback(let feedback):
            return Self.feedback(
                type: 205, format: 15, sender: feedback.sender, media: feedback.media, feedback.encodedItem)
        case .other(let type, let format):
            return Self.packet(type: type, format: format, [])
        }
    }

    private static func packet(type: UInt8, format: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | (format & 0x1f), type]
        bytes.append(uint16: UInt16(truncatingIfNeeded: body.count / 4))
        return bytes + body
    }

    private static func feedback(
        type: UInt8, format: UInt8, sender: UInt32, media: UInt32, _ item: [UInt8]
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.append(uint32: sender)
        body.append(uint32: media)
        return packet(type: type, format: format, body + item)
    }

    /// RFC 4585 §6.2.1: a packet id, and a mask of the 16 that follow it.
    private static func nackItems(_ lost: [UInt16]) -> [UInt8] {
        var item: [UInt8] = []
        var rest = lost[...]
        while let first = rest.popFirst() {
            var mask: UInt16 = 0
            while let next = rest.first, (1...16).contains(next &- first) {
                mask |= 1 << (next &- first &- 1)
                rest.removeFirst()
            }
            item.append(uint16: first)
            item.append(uint16: mask)
        }
        return item
    }

    /// draft-alvestrand-rmcat-remb-03 §2.2: the bit rate as a 6-bit exponent and an 18-bit mantissa.
    private static func rembItem(_ bitrate: UInt64, _ ssrcs: [UInt32]) -> [UInt8] {
        var (exponent, mantissa) = (UInt32(0), bitrate)
        while mantissa >= 1 << 18 {
            mantissa >>= 1
            exponent += 1
        }
        var item = Array("REMB".utf8)
        item.append(UInt8(truncatingIfNeeded: ssrcs.count))
        item.append(uint24: exponent << 18 | UInt32(truncatingIfNeeded: mantissa))
        for ssrc in ssrcs { item.append(uint32: ssrc) }
        return item
    }
}

extension RTCPBlock.ReceptionReport {
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(uint32: ssrc)
        bytes.append(fractionLost)
        bytes.append(uint24: cumulativeLost)
        bytes.append(uint32: highestSequenceNumber)
        bytes.append(uint32: jitter)
        bytes.append(uint32: lastSenderReport)
        bytes.append(uint32: delaySinceLastSenderReport)
        return bytes
    }
}
