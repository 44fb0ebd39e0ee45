package import RelayTypes

/// Somebody outside who may bring reports.
package struct ReportSource: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case trustedFlagger = "trusted_flagger"
        case hotline, moderator, classifier
    }

    package var name: String
    package var kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// `POST /v1/reports`.
package struct OutsideReport: Sendable, Equatable {
    package var source: ReportSource
    /// The pair that it is about; `nil`: the current or latest one of ``peer``.
    package var pair: PairID?
    /// Whom it is about; `nil`: both of the pair.
    package var peer: PeerID?
    package var reason: String
    package var comment: String?
    /// What was matched.
    package var signals: [String]

    package init(
        source: ReportSource, pair: PairID?, peer: PeerID?, reason: String, comment: String? = nil,
        signals: [String] = []
    ) {
        self.source = source
        self.pair = pair
        self.peer = peer
        self.reason = reason
        self.comment = comment
        self.signals = signals
    }
}

/// The answer to a report from outside, given when it is on disk.
package struct OutsideReportReceipt: Sendable, Encodable, Equatable {
    /// The first of ``reports``.
    package var report: ReportID
    /// One for each person whom it is about.
    package var reports: [ReportID]
    package var pair: PairID?
    /// Whether it ended a running pair.
    package var cut: Bool
    /// From its arrival to the cut being in force; absent where nothing was cut, or the worker has not confirmed it.
    package var inForceMicroseconds: UInt64?

    package init(
        reports: [ReportID], pair: PairID?, cut: Bool, inForceMicroseconds: UInt64? = nil
    ) {
        self.report = reports.first ?? ReportID("")
        self.reports = reports
        self.pair = pair
        self.cut = cut
        self.inForceMicroseconds = inForceMicroseconds
    }

    private enum CodingKeys: String, CodingKey {
        case report, reports, pair, cut
        case inForceMicroseconds = "in_force_us"
    }
}
