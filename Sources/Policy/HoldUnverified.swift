package import RelayTypes

/// Holds everything, in both directions, until both have proved their age, and again when a proof lapses.
package struct HoldUnverified: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        for side in Side.allCases where !facts[side].isProved(at: now) {
            verdict.hold(.ageSelf, from: side, on: Channel.allCases)
            verdict.hold(.agePartner, from: side.other, on: Channel.allCases)
        }
        return verdict
    }

    package func deadline(for facts: PairFacts, after now: MonotonicInstant) -> MonotonicInstant? {
        Side.allCases.compactMap { facts[$0].proof?.expires }.filter { $0 > now }.min()
    }
}

extension PairFacts.Person {
    /// Whether an age proof is in force.
    package func isProved(at now: MonotonicInstant) -> Bool {
        proof.map { now < $0.expires } ?? false
    }
}
