/// A receiver report.
///
/// ```
/// |V=2|P|    RC   |   PT=RR=201   |             length            |
/// |                     SSRC of packet sender                     |
/// |                   report blocks, RC times                     |
/// ```
///
/// Source: RFC 3550 §6.4.2. What follows the report blocks, a profile's extension, is ignored.
package struct ReceiverReportView: ~Escapable {
    static let fixedLength = 8
    private let block: RTCPBlockView

    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.receiverReport, length: Self.fixedLength &+ RTCPReportBlock.length &* block.count)
        self.block = block
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    package var reportCount: Int { block.count }

    /// The report at `index`, or `nil` when there are not so many.
    package func report(at index: Int) -> RTCPReportBlock? {
        guard index >= 0, index < reportCount else { return nil }
        return RTCPReportBlock(block.bytes, at: Self.fixedLength &+ RTCPReportBlock.length &* index)
    }
}
