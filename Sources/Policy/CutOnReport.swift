package import RelayTypes

/// Ends the pair at the first report, whoever makes it and whatever it says.
package struct CutOnReport: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        guard let reporter = facts.reportedBy else { return verdict }
        for side in Side.allCases { verdict.hold(.report, from: side, on: Channel.allCases) }
        verdict.ending = .report(by: reporter)
        return verdict
    }
}
