package import RelayTypes

/// Ends the pair when an operator, or a rule of the operator's, has ordered it.
package struct CutOnOrder: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        verdict.ending = facts.orderedCut
        return verdict
    }
}
