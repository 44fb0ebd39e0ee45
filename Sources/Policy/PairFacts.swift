package import RelayTypes

/// Everything that is known about a pair and that a policy hook may judge by.
package struct PairFacts: Sendable, Equatable {
    /// What is known about one side.
    package struct Person: Sendable, Equatable {
        /// The band that was proved, and when the proof lapses.
        package var proof: AgeProof?
        /// Agreed to see this partner, and to be seen.
        package var hasAccepted = false
        /// What an operator holds of what this side sends.
        package var ordered: Set<Channel> = []
        /// There are reports about this side that somebody should look at first.
        package var isAtRisk = false

        package init(proof: AgeProof? = nil, isAtRisk: Bool = false) {
            self.proof = proof
            self.isAtRisk = isAtRisk
        }
    }

    package var matchedAt: MonotonicInstant
    package var first: Person
    package var second: Person
    /// Who reported the other first; `nil` for nobody.
    package var reportedBy: Side?
    /// An operator or an operator's rule has ended the pair.
    package var orderedCut: EndReason?
    /// The operator's endpoint is asked about these two, and has not allowed what it was asked.
    package var awaitsHook = false

    package init(matchedAt: MonotonicInstant, first: Person, second: Person) {
        self.matchedAt = matchedAt
        self.first = first
        self.second = second
    }

    package subscript(side: Side) -> Person {
        get { side == .first ? first : second }
        set { if side == .first { first = newValue } else { second = newValue } }
    }
}

/// An age band that an attestation proved, for a while.
package struct AgeProof: Sendable, Equatable {
    package var band: Band
    package var expires: MonotonicInstant

    package init(band: Band, expires: MonotonicInstant) {
        self.band = band
        self.expires = expires
    }
}

/// What the operator has configured for all pairs.
package struct PolicyRules: Sendable, Equatable {
    /// Which channels of both directions wait for both to accept.
    package var consentChannels: Set<Channel>

    package init(consentChannels: Set<Channel>) { self.consentChannels = consentChannels }
}
