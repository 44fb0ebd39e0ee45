/// Up to 17 lost packets: PID, and BLP for the 16 after it, lowest bit first (RFC 4585 §6.2.1).
package struct NegativeAcknowledgementEntry: Sendable, Equatable, BitwiseCopyable {
    package static let length = 4
    /// PID: sequence number of the first lost packet.
    package var packetID: UInt16
    /// BLP: bit *n* set means that packet `packetID + n + 1` is lost too.
    package var lostPackets: UInt16

    package init(packetID: UInt16, lostPackets: UInt16 = 0) {
        self.packetID = packetID
        self.lostPackets = lostPackets
    }

    /// What is left when packets before `first` are no longer asked for.
    ///
    /// - Returns: `nil` when nothing is left.
    package func dropping(before first: UInt16) -> Self? {
        let distance = first &- packetID
        // Half of the number space lies ahead of `first`, the other half behind it.
        guard distance != 0, distance <= 0x8000 else { return self }
        guard distance <= 16 else { return nil }
        let asked = UInt32(lostPackets) << 1 | 1
        let kept = asked & (UInt32.max << UInt32(distance))
        guard kept != 0 else { return nil }
        let shift = kept.trailingZeroBitCount
        return Self(
            packetID: packetID &+ UInt16(truncatingIfNeeded: shift),
            lostPackets: UInt16(truncatingIfNeeded: kept >> UInt32(truncatingIfNeeded: shift &+ 1)))
    }
}

/// A generic NACK: the receiver asks for lost packets again.
///
/// ```
/// |V=2|P|  FMT=1  |  PT=RTPFB=205 |             length            |
/// |                  SSRC of packet sender                        |
/// |                  SSRC of media source                         |
/// |            PID                |             BLP               |
/// ```
///
/// Source: RFC 4585 §6.2.1.
package struct NegativeAcknowledgementView: ~Escapable {
    /// Most entries in one message, as in Chromium.
    package static let maximumEntries = 253
    static let fixedLength = 12
    private let block: RTCPBlockView

    /// - Throws: also when there is no whole entry, or more than ``maximumEntries``.
    @_lifetime(copy block)
    package init(_ block: RTCPBlockView) throws(WireError) {
        try block.require(
            RTCPPacketType.transportFeedback, format: RTCPFeedbackFormat.negativeAcknowledgement,
            length: Self.fixedLength &+ NegativeAcknowledgementEntry.length)
        let most = Self.fixedLength &+ NegativeAcknowledgementEntry.length &* Self.maximumEntries
        guard block.contentEnd <= most else { throw .badLength }
        self.block = block
    }

    package var senderSource: UInt32 { block.bytes.uint32(at: 4) }
    package var mediaSource: UInt32 { block.bytes.uint32(at: 8) }
    package var entryCount: Int {
        (block.contentEnd &- Self.fixedLength) / NegativeAcknowledgementEntry.length
    }

    /// The entry at `index`, or `nil` when there are not so many.
    package func entry(at index: Int) -> NegativeAcknowledgementEntry? {
        guard index >= 0, index < entryCount else { return nil }
        let offset = Self.fixedLength &+ NegativeAcknowledgementEntry.length &* index
        return NegativeAcknowledgementEntry(
            packetID: block.bytes.uint16(at: offset), lostPackets: block.bytes.uint16(at: offset &+ 2))
    }
}
