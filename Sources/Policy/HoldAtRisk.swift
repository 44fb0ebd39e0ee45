package import RelayTypes

/// Holds everything between the two while there are reports about one of them that somebody should look at first.
///
/// In both directions: a child that was reported is protected from what comes, and others from what a suspect sends.
package struct HoldAtRisk: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        guard Side.allCases.contains(where: { facts[$0].isAtRisk }) else { return verdict }
        for side in Side.allCases { verdict.hold(.risk, from: side, on: Channel.allCases) }
        return verdict
    }
}
