package import FoundationEssentials
package import RelayTypes

/// One report, complete in itself: it needs no other record, so that nothing can keep it from being written.
package struct ReportRecord: Sendable, Equatable {
    package var id: ReportID
    /// Kept to the millisecond, as all times here.
    package var receivedAt: Date
    package var reporter: PeerID
    package var reported: PeerID
    package var pair: PairID
    /// Which side of the pair reported.
    package var reporterSide: Side
    package var pairStartedAt: Date
    /// `nil` while the pair was running when the report came.
    package var pairEndedAt: Date?
    /// One of the configured reasons.
    package var reason: String
    package var comment: String?
    /// Who brought it: `peer`, `receipt`, or the name of an outside source.
    package var source: String
    /// Whether the report ended a running pair.
    package var live: Bool
    /// From the start of the pair to the report, in milliseconds.
    package var offsetMilliseconds: Int64
    /// From the report's arrival to the cut being in force on the packet path, in microseconds; `nil` where
    /// nothing was left to cut.
    package var cutInForceMicroseconds: Int64?
    /// The gates as they stood before the cut; `nil` where the pair had ended.
    package var gatesBefore: PairGates?

    package init(
        id: ReportID, receivedAt: Date, reporter: PeerID, reported: PeerID, pair: PairID, reporterSide: Side,
        pairStartedAt: Date, pairEndedAt: Date? = nil, reason: String, comment: String? = nil,
        source: String = "peer", live: Bool, offsetMilliseconds: Int64, cutInForceMicroseconds: Int64? = nil,
        gatesBefore: PairGates? = nil
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.reporter = reporter
        self.reported = reported
        self.pair = pair
        self.reporterSide = reporterSide
        self.pairStartedAt = pairStartedAt
        self.pairEndedAt = pairEndedAt
        self.reason = reason
        self.comment = comment
        self.source = source
        self.live = live
        self.offsetMilliseconds = offsetMilliseconds
        self.cutInForceMicroseconds = cutInForceMicroseconds
        self.gatesBefore = gatesBefore
    }
}
