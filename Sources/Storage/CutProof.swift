package import FoundationEssentials
package import RelayTypes

/// What shows that a cut took place, and when.
package struct CutProof: Sendable, Equatable {
    /// The gates as they stood before the cut.
    package var holdsBefore: PairGates
    /// The gates as they stood from ``inForceAt`` on.
    package var holdsAfter: PairGates
    /// When the packet path acknowledged the cut.
    package var inForceAt: Date
    /// When the last packet of the pair left the server; `nil` where none did, or it is not known.
    package var lastPacketAt: Date?
    /// From the report's arrival to the cut being in force, in microseconds.
    package var latencyMicroseconds: Int64
    /// Packets dropped at the gates after the cut, as far as had been counted when the report was written.
    package var packetsDroppedSince: Int64

    package init(
        holdsBefore: PairGates, holdsAfter: PairGates, inForceAt: Date, lastPacketAt: Date? = nil,
        latencyMicroseconds: Int64, packetsDroppedSince: Int64 = 0
    ) {
        self.holdsBefore = holdsBefore
        self.holdsAfter = holdsAfter
        self.inForceAt = inForceAt
        self.lastPacketAt = lastPacketAt
        self.latencyMicroseconds = latencyMicroseconds
        self.packetsDroppedSince = packetsDroppedSince
    }
}
