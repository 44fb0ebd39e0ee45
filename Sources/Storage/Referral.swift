package import FoundationEssentials

/// A note that a report was passed on: to the police, a hotline, a clearing house.
package struct Referral: Sendable, Equatable {
    package var madeAt: Date
    /// The operator who passed it on.
    package var by: String
    /// Whom it was passed on to.
    package var to: String
    /// The receiver's number for it.
    package var reference: String?
    package var note: String?

    package init(madeAt: Date, by: String, to: String, reference: String? = nil, note: String? = nil) {
        self.madeAt = madeAt
        self.by = by
        self.to = to
        self.reference = reference
        self.note = note
    }
}
