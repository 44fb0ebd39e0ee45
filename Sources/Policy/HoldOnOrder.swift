package import RelayTypes

/// Holds what an operator has ordered held, and nothing else.
package struct HoldOnOrder: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        for side in Side.allCases {
            verdict.hold(.moderator, from: side, on: facts[side].ordered)
        }
        return verdict
    }
}
