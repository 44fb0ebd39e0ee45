package import FoundationEssentials
package import RelayTypes

/// What somebody says against a decision about them.
package struct AppealRecord: Sendable, Equatable {
    package var id: AppealID
    package var decision: DecisionID
    /// Kept to the millisecond, as all times here.
    package var receivedAt: Date
    package var text: String
    /// The latest decision that answers it; found when it is read, and of no effect when it is saved.
    package var answeredBy: DecisionID?

    package init(
        id: AppealID, decision: DecisionID, receivedAt: Date, text: String, answeredBy: DecisionID? = nil
    ) {
        self.id = id
        self.decision = decision
        self.receivedAt = receivedAt
        self.text = text
        self.answeredBy = answeredBy
    }
}

/// Which appeals are meant.
package enum AppealState: String, Sendable, CaseIterable {
    case open
    case answered
    case all
}
