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

    static func senderReport(of source: UInt32, rtpTimestamp: UInt32 = 1_000) -> [UInt8] {
        write { writer, span in
            writer.beginSenderReport(
                SenderInfo(
                    source: source, ntpTimestamp: 0x1234_5678_9abc_def0, rtpTimestamp: rtpTimestamp,
                    packetCount: 1,
                    octetCount: 1), into: &span)
        }
    }

    static func receiverReport(from sender: UInt32, about media: UInt32, highest: UInt32 = 0) -> [UInt8] {
        write { writer, span in
            writer.beginReceiverReport(sender: sender, into: &span)
            let block = RTCPReportBlock(
                source: media, fractionLost: 0, cumulativeLost: 0, highestSequenceNumber: highest, jitter: 0,
                lastSenderReport: 0, delaySinceLastSenderReport: 0)
            writer.appendReport(block, into: &span)
        }
    }

    static func goodbye(of source: UInt32) -> [UInt8] {
        write { writer, span in writer.appendGoodbye(source: source, into: &span) }
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

    static func negativeAcknowledgement(from sender: UInt32, about media: UInt32, _ number: UInt16) -> [UInt8]
    {
        write { writer, span in
            writer.beginNegativeAcknowledgement(
                sender: sender, media: media, NegativeAcknowledgementEntry(packetID: number),
                into: &span)
        }
    }

    /// The SSRC that the first block of a feedback packet is about (RFC 4585 §6.1).
    static func mediaSource(_ compound: [UInt8]) -> UInt32 { compound.span.bytes.uint32(at: 8) }

    static func isPictureLoss(_ compound: [UInt8]) -> Bool {
        compound.count == 12 && compound[0] == 0x81 && compound[1] == 206
    }
}
