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
    /// When the last packet of the reported left the server; `nil` where none did, or it is not known.
    package var lastPacketAt: Date?
    /// From the report's arrival to the cut being in force, in microseconds.
    package var latencyMicroseconds: Int64
    /// Packets of the reported that came after the cut and went nowhere; `nil` where nobody counted them.
    ///
    /// Up to ``countedUntil``, or to the reported's next pair where that began sooner.
    package var packetsDroppedSince: Int64?
    /// When the worker was asked for the count.
    package var countedUntil: Date?

    package init(
        holdsBefore: PairGates, holdsAfter: PairGates, inForceAt: Date, lastPacketAt: Date? = nil,
        latencyMicroseconds: Int64, packetsDroppedSince: Int64? = nil, countedUntil: Date? = nil
    ) {
        self.holdsBefore = holdsBefore
        self.holdsAfter = holdsAfter
        self.inForceAt = inForceAt
        self.lastPacketAt = lastPacketAt
        self.latencyMicroseconds = latencyMicroseconds
        self.packetsDroppedSince = packetsDroppedSince
        self.countedUntil = countedUntil
    }
}

/// What became of a reported's packets after the cut: known some time after the report.
package struct DroppedSince: Sendable, Equatable {
    package var packets: Int64
    /// When they were counted.
    package var until: Date

    package init(packets: Int64, until: Date) {
        self.packets = packets
        self.until = until
    }
}
