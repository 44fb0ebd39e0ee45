package import FoundationEssentials
package import RelayTypes

/// One decision about a report, an appeal or a person: never changed, overturned by another one.
package struct DecisionRecord: Sendable, Equatable {
    /// Who or what decided.
    package enum Maker: String, Sendable, CaseIterable {
        case rule
        case hook
        case `operator`
    }

    package enum Outcome: String, Sendable, CaseIterable {
        case upheld
        case rejected
    }

    package enum Action: String, Sendable, CaseIterable {
        case none
        case warn
        case ban
    }

    /// What the decision rests on (DSA article 17 (3) d and e).
    package enum GroundKind: String, Sendable, CaseIterable {
        /// The law.
        case illegal
        /// The operator's terms.
        case incompatible
    }

    package var id: DecisionID
    /// `nil` for a ban without a report.
    package var report: ReportID?
    /// The appeal that it answers.
    package var appeal: AppealID?
    /// Whom it is about, as the peer was called then.
    package var peer: PeerID?
    /// Kept to the millisecond, as all times here.
    package var madeAt: Date
    /// The name of the rule, the hook or the operator.
    package var by: String
    package var byKind: Maker
    package var outcome: Outcome
    package var action: Action
    /// When the action ends; `nil`: no end, or nothing that could end.
    package var until: Date?
    package var groundKind: GroundKind
    /// The rule or law, by its reference.
    package var ground: String
    /// What happened.
    package var facts: String
    /// Whether a machine found it (DSA article 17 (3) c).
    package var automatedDetection: Bool
    /// Whether a machine decided it.
    package var automatedDecision: Bool
    /// The statement of reasons as the peer was given it; empty where there was none.
    package var statement: String
    /// The decision that this one replaces.
    package var overturns: DecisionID?

    package init(
        id: DecisionID, report: ReportID? = nil, appeal: AppealID? = nil, peer: PeerID? = nil, madeAt: Date,
        by: String, byKind: Maker, outcome: Outcome, action: Action, until: Date? = nil,
        groundKind: GroundKind, ground: String, facts: String, automatedDetection: Bool = false,
        automatedDecision: Bool = false, statement: String = "", overturns: DecisionID? = nil
    ) {
        self.id = id
        self.report = report
        self.appeal = appeal
        self.peer = peer
        self.madeAt = madeAt
        self.by = by
        self.byKind = byKind
        self.outcome = outcome
        self.action = action
        self.until = until
        self.groundKind = groundKind
        self.ground = ground
        self.facts = facts
        self.automatedDetection = automatedDetection
        self.automatedDecision = automatedDecision
        self.statement = statement
        self.overturns = overturns
    }
}
