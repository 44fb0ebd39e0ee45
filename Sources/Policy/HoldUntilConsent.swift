package import RelayTypes

/// Holds the channels that the operator names until both have accepted this partner.
package struct HoldUntilConsent: PolicyHook {
    package init() {}

    package func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        for side in Side.allCases where !facts[side].hasAccepted {
            verdict.hold(.consentSelf, from: side, on: rules.consentChannels)
            verdict.hold(.consentPartner, from: side.other, on: rules.consentChannels)
        }
        return verdict
    }
}
