/// What a peer may do before it has a partner, by the operator's rule for those who have not proved their age.
package enum Admission: Sendable, Equatable {
    /// Offered a leg, and matched.
    case pool
    /// Offered a leg; matched only after the proof.
    case lobby
    /// Nothing before the proof.
    case outside

    /// - Parameters:
    ///   - unverified: `policy.unverified` of the configuration.
    ///   - isProved: whether an age proof is in force.
    package init(unverified: UnverifiedRule, isProved: Bool) {
        self =
            switch (unverified, isProved) {
            case (_, true), (.hold, _): .pool
            case (.lobby, false): .lobby
            case (.refuse, false): .outside
            }
    }
}

/// `policy.unverified` (PROTOCOL.md section 4).
package enum UnverifiedRule: String, Sendable, CaseIterable {
    /// May be matched with others who have not proved their age either; nothing flows.
    case hold
    /// Matched with nobody.
    case lobby
    /// Not even offered a leg.
    case refuse
}
