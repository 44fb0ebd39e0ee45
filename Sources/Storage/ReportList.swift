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
            let priority = Self.number(parts[1], digits: 9, isSigned: true),
            let receivedAt = Self.number(parts[2], digits: 15),
            (1...64).contains(parts[3].utf8.count), parts[3].utf8.allSatisfy(Self.isOfName)
        else { return nil }
        self.init(
            isDecided: decided, priority: priority, receivedAt: Date(milliseconds: Int64(receivedAt)),
            id: ReportID(String(parts[3])))
    }

    /// The base64url alphabet (RFC 4648 §5), of which identifiers are.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
        default: false
        }
    }

    private static func number(_ text: Substring, digits: Int, isSigned: Bool = false) -> Int? {
        if isSigned, text.first == "-" { return number(text.dropFirst(), digits: digits).map { -$0 } }
        guard text.utf8.count <= digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
