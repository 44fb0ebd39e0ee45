internal import Wire

/// How much of a packet says nothing of what two people say and show each other.
internal enum PacketHeaders {
    /// RTP: fixed header, CSRC list and extension (RFC 3550 §5.1); of what is malformed the fixed header.
    internal static func length(ofMedia packet: RawSpan) -> Int {
        guard let view = try? RTPHeaderView(packet, padding: .encrypted) else {
            return min(packet.byteCount, RTPHeaderView.fixedLength)
        }
        return view.headerLength
    }

    /// RTCP: reports and feedback whole; from the first block of another kind on, which may hold a name or anything
    /// that an application likes, no more than its header and SSRC.
    internal static func length(ofFeedback packet: RawSpan) -> Int {
        let first = min(packet.byteCount, 8)
        guard var blocks = try? RTCPCompound(packet) else { return first }
        while let block = blocks.next() {
            switch RTCPKind(type: block.packetType, format: block.format) {
            case .senderReport, .receiverReport, .negativeAcknowledgement, .transportWide, .pictureLoss,
                .fullIntraRequest:
                continue
            case .bitrateLimit where isBitrateLimit(block): continue
            case .bitrateLimit, .sourceDescription, .goodbye, .unknown:
                return min(packet.byteCount, block.offset &+ 8)
            }
        }
        return packet.byteCount
    }

    /// Other application layer feedback has the same numbers in its header.
    private static func isBitrateLimit(_ block: RTCPBlockView) -> Bool {
        do throws(WireError) {
            _ = try REMBView(block)
            return true
        } catch {
            return false
        }
    }
}
