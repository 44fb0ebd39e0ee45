package import FoundationEssentials

/// Why a report is kept, which says for how long.
package enum RetentionClass: String, Sendable, CaseIterable {
    /// Nothing came of it: as long as a pair that nobody reported.
    case none
    /// Undecided, or decided without a violation.
    case noViolation = "no_violation"
    /// Decided: a violation.
    case violation
    /// Until the hold is lifted.
    case legalHold = "legal_hold"
}

/// How long records are kept, in seconds.
package struct Retention: Sendable, Equatable {
    /// Who met whom, after the end of the pair; default 24 h.
    package var pairs: TimeInterval = 86_400
    /// Reports without a violation, after receipt or decision; default 90 days.
    package var noViolation: TimeInterval = 90 * 86_400
    /// Reports with a violation, and bans that are over; default 366 days.
    package var violation: TimeInterval = 366 * 86_400
    /// Decisions and appeals; default 5 years.
    package var decisions: TimeInterval = 5 * 366 * 86_400
    /// Entries of the audit log; default 5 years.
    package var audit: TimeInterval = 5 * 366 * 86_400

    package init() {}

    /// How long a report of a class is kept; `nil`: until somebody says otherwise.
    package func length(of kind: RetentionClass) -> TimeInterval? {
        switch kind {
        case .none: pairs
        case .noViolation: noViolation
        case .violation: violation
        case .legalHold: nil
        }
    }
}

/// What there is of one class of records, and how much of it the next sweep will delete.
package struct RetentionStatus: Sendable, Equatable {
    /// `none`, `no_violation`, `violation`, `legal_hold`, `pair`, `decision`, `ban` or `audit`.
    package var name: String
    /// In seconds; `nil`: no end.
    package var length: TimeInterval?
    package var records: Int
    package var due: Int

    package init(name: String, length: TimeInterval?, records: Int, due: Int) {
        self.name = name
        self.length = length
        self.records = records
        self.due = due
    }
}

/// How many records of each kind a sweep has deleted.
package struct SweepResult: Sendable, Equatable {
    package var reports = 0
    package var pairs = 0
    package var decisions = 0
    package var appeals = 0
    package var bans = 0
    package var auditEntries = 0
    /// Marks of bans that are over or of addresses that have run out.
    package var marks = 0
    /// What nobody has come back for to be told.
    package var untold = 0
    /// Events that the operator's endpoint has not taken within a day.
    package var hookEvents = 0
    /// Whether nothing of it is left in the files; where a reader or the disk prevents it, the next sweep tries again,
    /// and a large file is written anew once a day.
    package var isErased = false

    package init() {}

    /// All of them.
    package var total: Int {
        reports + pairs + decisions + appeals + bans + auditEntries + marks + untold + hookEvents
    }
}
