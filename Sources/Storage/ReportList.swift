package import FoundationEssentials
package import RelayTypes

/// Which reports are meant.
package enum ReportState: String, Sendable, CaseIterable {
    /// Without a decision.
    case open
    case decided
    case all
}

/// A report as a line in the queue, without what people wrote.
package struct ReportSummary: Sendable, Equatable {
    package var id: ReportID
    package var receivedAt: Date
    package var priority: Int
    package var reason: String
    package var origin: ReportOrigin
    package var source: String
    package var reporter: PeerID?
    package var reported: PeerID
    package var pair: PairID?
    package var live: Bool
    package var retention: RetentionClass
    /// The outcome of the latest decision; `nil` while there is none.
    package var outcome: DecisionRecord.Outcome?
    /// How many decisions there are.
    package var decisions: Int

    package init(
        id: ReportID, receivedAt: Date, priority: Int, reason: String, origin: ReportOrigin, source: String,
        reporter: PeerID?, reported: PeerID, pair: PairID?, live: Bool, retention: RetentionClass,
        outcome: DecisionRecord.Outcome?, decisions: Int
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.priority = priority
        self.reason = reason
        self.origin = origin
        self.source = source
        self.reporter = reporter
        self.reported = reported
        self.pair = pair
        self.live = live
        self.retention = retention
        self.outcome = outcome
        self.decisions = decisions
    }
}

/// Some reports, and where the next ones begin.
package struct ReportPage: Sendable, Equatable {
    package var reports: [ReportSummary]
    /// For the next call; `nil` where there are no more.
    package var next: ReportCursor?

    package init(reports: [ReportSummary], next: ReportCursor?) {
        self.reports = reports
        self.next = next
    }
}

/// A place in the queue of reports, which stays where it is when others come and go.
package struct ReportCursor: Sendable, Equatable {
    package var isDecided: Bool
    package var priority: Int
    package var receivedAt: Date
    package var id: ReportID

    package init(isDecided: Bool, priority: Int, receivedAt: Date, id: ReportID) {
        self.isDecided = isDecided
        self.priority = priority
        self.receivedAt = receivedAt
        self.id = id
    }

    /// As text for a URL: `0.5.1800000000000.ID`.
    package var text: String { "\(isDecided ? 1 : 0).\(priority).\(receivedAt.milliseconds).\(id.text)" }

    /// - Returns: `nil` where it is not what ``text`` gives.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let decided = ["0": false, "1": true][parts[0]],
            let priority = Int(parts[1]), let receivedAt = Int64(parts[2]), !parts[3].isEmpty
        else { return nil }
        self.init(
            isDecided: decided, priority: priority, receivedAt: Date(milliseconds: receivedAt),
            id: ReportID(String(parts[3])))
    }
}
