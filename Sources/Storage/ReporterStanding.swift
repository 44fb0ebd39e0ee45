package import FoundationEssentials
package import RelayTypes

/// What became of the reports that one person has made.
package struct ReporterStanding: Sendable, Equatable {
    package var upheld: Int
    package var rejected: Int

    package init(upheld: Int = 0, rejected: Int = 0) {
        self.upheld = upheld
        self.rejected = rejected
    }
}

/// The latest report of one person about another, for rules about many reports.
///
/// Two reporters are one person here where they share a handle or a peer: a household counts once.
package struct StrangerReport: Sendable, Equatable {
    package var report: ReportID
    package var receivedAt: Date
    package var reason: String
    /// `nil` where it came from outside.
    package var reporter: PeerID?
    package var standing: ReporterStanding
    /// Of the latest decision on this report; `nil` while there is none.
    package var outcome: DecisionRecord.Outcome?

    package init(
        report: ReportID, receivedAt: Date, reason: String, reporter: PeerID?, standing: ReporterStanding,
        outcome: DecisionRecord.Outcome? = nil
    ) {
        self.report = report
        self.receivedAt = receivedAt
        self.reason = reason
        self.reporter = reporter
        self.outcome = outcome
        self.standing = standing
    }
}
