package import RelayTypes

/// Holds everything between the two until the operator's endpoint has said that it may flow.
package struct HoldForHook: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        guard facts.awaitsHook else { return verdict }
        for side in Side.allCases { verdict.hold(.policy, from: side, on: Channel.allCases) }
        return verdict
    }
}
