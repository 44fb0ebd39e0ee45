/// What a sender tells about its own stream (RFC 3550 §6.4.1).
package struct SenderInfo: Sendable, Equatable, BitwiseCopyable {
    /// SSRC of the sender.
    package var source: UInt32
    /// Seconds since 1900 in the upper 32 bits, fraction in the lower.
    package var ntpTimestamp: UInt64
    /// The same instant in the stream's clock.
    package var rtpTimestamp: UInt32
    package var packetCount: UInt32
    package var octetCount: UInt32

    package init(
        source: UInt32, ntpTimestamp: UInt64, rtpTimestamp: UInt32, packetCount: UInt32 = 0,
        octetCount: UInt32 = 0
    ) {
        self.source = source
        self.ntpTimestamp = ntpTimestamp
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }
}

/// A sender report.
///
/// ```
/// |V=2|P|    RC   |   PT=SR=200   |             length            |
/// |                         SSRC of sender                        |
/// |            NTP timestamp, most significant word               |
/// |             NTP timestamp, least significant word             |
/// |                         RTP timestamp                         |
/// |                     sender's packet count                     |
/// |                      sender's octet count                     |
/// |                   report blocks, RC times                     |
/// ```
///
/// Source: RFC 3550 §6.4.1. What follows the report blocks, a profile's extension, is ignored.
package struct SenderReportView: ~Escapable {
    static let fixedLength = 28
    private let block: RTCPBlockView

    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.senderReport, length: Self.fixedLength &+ RTCPReportBlock.length &* block.count)
        self.block = block
    }

    package var sender: SenderInfo {
        SenderInfo(
            source: block.bytes.uint32(at: 4), ntpTimestamp: block.bytes.uint64(at: 8),
            rtpTimestamp: block.bytes.uint32(at: 16), packetCount: block.bytes.uint32(at: 20),
            octetCount: block.bytes.uint32(at: 24))
    }

    package var reportCount: Int { block.count }

    /// The report at `index`, or `nil` when there are not so many.
    package func report(at index: Int) -> RTCPReportBlock? {
        guard index >= 0, index < reportCount else { return nil }
        return RTCPReportBlock(block.bytes, at: Self.fixedLength &+ RTCPReportBlock.length &* index)
    }
}
