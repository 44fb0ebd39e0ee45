package import RelayTypes

/// One rule.
///
/// It looks at the facts and the time, and says what it wants held and whether the pair must end.
///
/// What hooks say adds up: holds are united, so that no hook can lift another's, and the first that wants
/// the pair ended gives the reason. A hook keeps nothing between two calls.
package protocol PolicyHook: Sendable {
    func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict
    /// When the verdict may change though no fact does; `nil` for never.
    func deadline(for facts: PairFacts, after now: MonotonicInstant) -> MonotonicInstant?
}

extension PolicyHook {
    package func deadline(for facts: PairFacts, after now: MonotonicInstant) -> MonotonicInstant? { nil }
}

/// What one hook wants.
package struct Verdict: Sendable, Equatable {
    /// The holds that this hook adds.
    package var holds = PairGates(all: [])
    /// Why the pair must end; `nil` lets it live.
    package var ending: EndReason?

    package init() {}

    /// Adds a hold to what `sender` sends on `channels`.
    package mutating func hold(_ hold: Holds, from sender: Side, on channels: some Sequence<Channel>) {
        for channel in channels { self.holds[sender, channel].insert(hold) }
    }
}

/// The hooks in force.
///
/// A new rule is a new file and one line here.
package enum PolicyHooks {
    package static let all: [any PolicyHook] = [
        CutOnReport(),
        CutOnOrder(),
        SameBand(),
        HoldUnverified(),
        HoldUntilConsent(),
        HoldOnOrder(),
        HoldAtRisk(),
        HoldForHook(),
    ]
}
