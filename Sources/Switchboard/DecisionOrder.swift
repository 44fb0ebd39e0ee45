package import Foundation
package import RelayTypes
package import Storage

/// `POST /v1/reports/{report}/decision`.
package struct DecisionOrder: Sendable, Equatable {
    package var report: ReportID
    package var outcome: DecisionRecord.Outcome
    package var action: DecisionRecord.Action
    package var groundKind: DecisionRecord.GroundKind
    /// The rule or law, by its reference; shown to the person.
    package var ground: String
    /// What happened; shown to the person.
    package var facts: String
    /// When a ban ends; `nil`: never.
    package var until: Date?
    /// What a ban holds on to.
    package var handles: Set<BanHandle>
    package var automatedDetection: Bool
    package var automatedDecision: Bool
    /// A child is protected rather than banned, unless the order says that it knows.
    package var evenThoughMinor: Bool

    package init(
        report: ReportID, outcome: DecisionRecord.Outcome, action: DecisionRecord.Action,
        groundKind: DecisionRecord.GroundKind = .incompatible, ground: String, facts: String,
        until: Date? = nil, handles: Set<BanHandle> = Set(BanHandle.allCases),
        automatedDetection: Bool = false, automatedDecision: Bool = false, evenThoughMinor: Bool = false
    ) {
        self.report = report
        self.outcome = outcome
        self.action = action
        self.groundKind = groundKind
        self.ground = ground
        self.facts = facts
        self.until = until
        self.handles = handles
        self.automatedDetection = automatedDetection
        self.automatedDecision = automatedDecision
        self.evenThoughMinor = evenThoughMinor
    }
}

/// The answer to a decision, given when it is on disk.
package struct DecisionReceipt: Sendable, Encodable, Equatable {
    package var decision: DecisionID
    package var report: ReportID
    package var ban: BanID?
    /// The ban that it has ended.
    package var lifted: BanID?
    /// The decision that it replaces.
    package var overturns: DecisionID?

    package init(
        decision: DecisionID, report: ReportID, ban: BanID? = nil, lifted: BanID? = nil,
        overturns: DecisionID? = nil
    ) {
        self.decision = decision
        self.report = report
        self.ban = ban
        self.lifted = lifted
        self.overturns = overturns
    }
}

/// `POST /v1/appeals/{appeal}/decision`.
package struct AppealOrder: Sendable, Equatable {
    package enum Outcome: String, Sendable, CaseIterable { case reversed, kept }

    package var appeal: AppealID
    package var outcome: Outcome
    package var ground: String
    package var facts: String

    package init(appeal: AppealID, outcome: Outcome, ground: String, facts: String) {
        self.appeal = appeal
        self.outcome = outcome
        self.ground = ground
        self.facts = facts
    }
}

/// The answer to a decision about an appeal.
package struct AppealReceipt: Sendable, Encodable, Equatable {
    package var decision: DecisionID
    package var appeal: AppealID
    /// The ban that it has ended.
    package var lifted: BanID?

    package init(decision: DecisionID, appeal: AppealID, lifted: BanID? = nil) {
        self.decision = decision
        self.appeal = appeal
        self.lifted = lifted
    }
}
