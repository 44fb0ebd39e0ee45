package import RelayTypes

/// Parts two people whose proofs name different bands.
///
/// Neither is told why.
package struct SameBand: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        // A lapsed proof still tells two bands apart: lapsing must not make an adult a stranger to the rule.
        if let first = facts.first.proof, let second = facts.second.proof, first.band != second.band {
            verdict.ending = .differentBands
        }
        return verdict
    }
}
