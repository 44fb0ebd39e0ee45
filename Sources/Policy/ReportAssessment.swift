/// What a report weighs towards what others do, by what became of its reporter's earlier ones.
///
/// The reporter's own pair is cut at any weight.
package struct ReportWeight: Sendable, Equatable, Comparable {
    /// In quarters of an ordinary reporter's.
    package let quarters: Int

    /// Of somebody of whom nothing is known, or mostly good.
    package static let full = ReportWeight(quarters: 4)
    /// Of somebody whose reports were mostly rejected.
    package static let light = ReportWeight(quarters: 1)
    /// Fewest rejected reports that say anything about a reporter.
    private static let fewest = 3

    private init(quarters: Int) { self.quarters = quarters }

    /// - Parameters:
    ///   - upheld: how many of the reporter's reports were.
    ///   - rejected: how many were.
    package init(upheld: Int, rejected: Int) {
        self = rejected >= Self.fewest && rejected > upheld ? .light : .full
    }

    package static func < (left: Self, right: Self) -> Bool { left.quarters < right.quarters }
}

/// Who brought a report.
package enum ReportOriginKind: Sendable, Equatable, CaseIterable {
    /// One of the two of a pair.
    case peer
    case trustedFlagger
    case hotline
    case moderator
    case classifier
}

/// What is known when a report has come and its pair has been cut.
package struct ReportFacts: Sendable, Equatable {
    package var origin: ReportOriginKind
    /// Whether the reason says that the reported is a child.
    package var isAboutMinor: Bool
    /// Everybody who has reported this person lately, the newest included: strangers to one another, each once.
    ///
    /// Those whose report was rejected are not among them.
    package var strangers: [ReportWeight]

    package init(origin: ReportOriginKind, isAboutMinor: Bool, strangers: [ReportWeight]) {
        self.origin = origin
        self.isAboutMinor = isAboutMinor
        self.strangers = strangers
    }
}

/// What follows from a report besides the cut: a place in the queue, and perhaps a hold until somebody has looked.
///
/// There is nothing else that it could say: however many reports there are, a ban needs a decision.
package struct ReportAssessment: Sendable, Equatable {
    /// 0…; the queue shows the highest first.
    package var priority: Int
    /// Whether the reported is held with `risk` until the report is decided.
    package var holdsUntilDecided: Bool

    /// Strangers beyond this many raise the priority no more: nobody comes before a trusted flagger by numbers.
    private static let mostStrangers = 50

    /// - Parameter riskAfter: so many strangers of full weight hold the reported; 0: never.
    package init(_ facts: ReportFacts, riskAfter: Int) {
        let weights = facts.strangers.sorted(by: >).map(\.quarters)
        let base =
            switch facts.origin {
            case .trustedFlagger: 1_000
            case .hotline: 500
            case .moderator: 400
            case .classifier: 100
            case .peer: 0
            }
        priority =
            base + (facts.isAboutMinor ? 200 : 0) + weights.prefix(Self.mostStrangers).reduce(0, +)
        let isCrowd =
            riskAfter > 0 && weights.reduce(0, +) / ReportWeight.full.quarters >= riskAfter
        holdsUntilDecided = facts.isAboutMinor || isCrowd
    }
}
