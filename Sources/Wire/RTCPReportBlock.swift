/// What a receiver tells about one source, in a sender or receiver report.
///
/// ```
/// |                 SSRC_n (SSRC of n-th source)                  |
/// | fraction lost |       cumulative number of packets lost       |
/// |           extended highest sequence number received           |
/// |                      interarrival jitter                      |
/// |                         last SR (LSR)                         |
/// |                   delay since last SR (DLSR)                  |
/// ```
///
/// Source: RFC 3550 §6.4.1.
package struct RTCPReportBlock: Sendable, Equatable, BitwiseCopyable {
    /// Bytes of one block.
    package static let length = 24

    /// The source that is reported on.
    package var source: UInt32
    /// In 1/256 of the packets since the last report.
    package var fractionLost: UInt8
    /// 24 bits, signed: duplicates can make it negative.
    package var cumulativeLost: Int32
    /// Cycles in the upper 16 bits, sequence number in the lower.
    package var highestSequenceNumber: UInt32
    /// In units of the stream's clock.
    package var jitter: UInt32
    /// Middle 32 bits of the NTP timestamp of the last SR; 0 for none.
    package var lastSenderReport: UInt32
    /// In 1/65,536 s; 0 for none.
    package var delaySinceLastSenderReport: UInt32

    package init(
        source: UInt32, fractionLost: UInt8 = 0, cumulativeLost: Int32 = 0, highestSequenceNumber: UInt32 = 0,
        jitter: UInt32 = 0, lastSenderReport: UInt32 = 0, delaySinceLastSenderReport: UInt32 = 0
    ) {
        self.source = source
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequenceNumber = highestSequenceNumber
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    /// - Precondition: ``length`` bytes from `offset` on.
    init(_ bytes: RawSpan, at offset: Int) {
        source = bytes.uint32(at: offset)
        fractionLost = bytes.byte(at: offset &+ 4)
        cumulativeLost = Int32(bitPattern: bytes.uint24(at: offset &+ 5) << 8) >> 8
        highestSequenceNumber = bytes.uint32(at: offset &+ 8)
        jitter = bytes.uint32(at: offset &+ 12)
        lastSenderReport = bytes.uint32(at: offset &+ 16)
        delaySinceLastSenderReport = bytes.uint32(at: offset &+ 20)
    }

    /// - Precondition: ``length`` bytes from `offset` on.
    func store(into output: inout MutableRawSpan, at offset: Int) {
        output.store(uint32: source, at: offset)
        output.store(uint8: fractionLost, at: offset &+ 4)
        output.store(uint24: UInt32(bitPattern: cumulativeLost), at: offset &+ 5)
        output.store(uint32: highestSequenceNumber, at: offset &+ 8)
        output.store(uint32: jitter, at: offset &+ 12)
        output.store(uint32: lastSenderReport, at: offset &+ 16)
        output.store(uint32: delaySinceLastSenderReport, at: offset &+ 20)
    }
}
