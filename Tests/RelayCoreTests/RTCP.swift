import Wire

/// RTCP packets as a browser writes them, one block each.
enum RTCP {
    private static func write(_ body: (inout RTCPWriter, inout MutableRawSpan) -> Void) -> [UInt8] {
        Slot()
            .run { span in
                var writer = RTCPWriter()
                body(&writer, &span)
                return writer.length
            }
    }

    static func senderReport(
        of source: UInt32, rtpTimestamp: UInt32 = 1_000, ntpTimestamp: UInt64 = 0x1234_5678_9abc_def0
    ) -> [UInt8] {
        write { writer, span in
            writer.beginSenderReport(
                SenderInfo(
                    source: source, ntpTimestamp: ntpTimestamp, rtpTimestamp: rtpTimestamp, packetCount: 1,
                    octetCount: 1), into: &span)
        }
    }

    static func receiverReport(
        from sender: UInt32, about media: UInt32, highest: UInt32 = 0, lastReport: UInt32 = 0,
        delay: UInt32 = 0, lost: Int32 = 0
    ) -> [UInt8] {
        write { writer, span in
            writer.beginReceiverReport(sender: sender, into: &span)
            let block = RTCPReportBlock(
                source: media, fractionLost: 0, cumulativeLost: lost, highestSequenceNumber: highest,
                jitter: 0,
                lastSenderReport: lastReport, delaySinceLastSenderReport: delay)
            writer.appendReport(block, into: &span)
        }
    }

    static func pictureLoss(from sender: UInt32, about media: UInt32) -> [UInt8] {
        write { writer, span in writer.appendPictureLoss(sender: sender, media: media, into: &span) }
    }

    static func fullIntraRequest(from sender: UInt32, about media: UInt32) -> [UInt8] {
        write { writer, span in
            writer.beginFullIntraRequest(
                sender: sender, FullIntraRequestEntry(source: media, sequenceNumber: 1), into: &span)
        }
    }

    static func negativeAcknowledgement(
        from sender: UInt32, about media: UInt32, _ number: UInt16, lost: UInt16 = 0
    ) -> [UInt8] {
        write { writer, span in
            writer.beginNegativeAcknowledgement(
                sender: sender, media: media,
                NegativeAcknowledgementEntry(packetID: number, lostPackets: lost), into: &span)
        }
    }

    static func sourceDescription(of source: UInt32) -> [UInt8] {
        write { writer, span in
            writer.appendCanonicalName(Array("a browser's".utf8).span.bytes, source: source, into: &span)
        }
    }

    static func goodbye(of source: UInt32) -> [UInt8] {
        write { writer, span in writer.appendGoodbye(source: source, into: &span) }
    }

    static func bitrateLimit(from sender: UInt32, about sources: [UInt32]) -> [UInt8] {
        write { writer, span in
            writer.beginREMB(sender: sender, bitrate: 500_000, into: &span)
            for source in sources { writer.appendREMBSource(source, into: &span) }
        }
    }

    /// Says that packets arrived, 1 ms apart.
    static func transportWide(
        from sender: UInt32, about media: UInt32, _ numbers: [UInt16], from base: UInt16? = nil,
        count: UInt8 = 0
    ) -> [UInt8] {
        let arrivals = numbers.enumerated()
            .map { TransportArrival(sequenceNumber: $1, microseconds: 5_000_000 + UInt64($0) * 1_000) }
        return write { writer, span in
            writer.appendTransportFeedback(
                sender: sender, media: media, feedbackCount: count, base: base, arrivals: arrivals.span,
                into: &span)
        }
    }

    /// 32 bits in network byte order.
    static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// The SSRC that the first block of a feedback packet is about (RFC 4585 §6.1).
    static func mediaSource(_ compound: [UInt8]) -> UInt32 { compound.span.bytes.uint32(at: 8) }

    static func isPictureLoss(_ compound: [UInt8]) -> Bool {
        compound.count == 12 && compound[0] == 0x81 && compound[1] == 206
    }
}
