package import RelayTypes

/// Decides what one pair may exchange: facts and the time go in, gates and an ending come out.
///
/// Pure. The caller carries out ``Outcome`` and asks ``deadline(after:)`` when to come back.
package struct PairPolicy: Sendable {
    package enum Input: Sendable, Equatable {
        /// `nil`: the proof is void.
        case attested(Side, AgeProof?)
        case accepted(Side)
        case reported(by: Side)
        case holdOrdered(from: Set<Side>, channels: Set<Channel>)
        case releaseOrdered(from: Set<Side>, channels: Set<Channel>)
        /// Whether reports about this side wait for somebody to look at them.
        case risk(Side, Bool)
        /// Whether the operator's endpoint has still to allow something.
        case hook(awaits: Bool)
        /// `.moderator` or `.policy`.
        case cutOrdered(EndReason)
        case tick
    }

    /// What is in force now.
    package struct Outcome: Sendable, Equatable {
        package var gates: PairGates
        /// Why the pair is over; `nil` while it lives.
        package var ending: EndReason?
    }

    private let rules: PolicyRules
    private let hooks: [any PolicyHook]
    private var facts: PairFacts
    private(set) package var outcome: Outcome

    /// Judges the facts of a fresh match at once: what is not proved is held from the first moment.
    package init(_ facts: PairFacts, rules: PolicyRules, hooks: [any PolicyHook] = PolicyHooks.all) {
        self.rules = rules
        self.hooks = hooks
        self.facts = facts
        outcome = Outcome(gates: PairGates(), ending: nil)
        outcome = judged(at: facts.matchedAt)
    }

    /// Takes one fact and judges anew.
    ///
    /// An ended pair stays ended, and shut.
    @discardableResult
    package mutating func handle(_ input: Input, at now: MonotonicInstant) -> Outcome {
        guard outcome.ending == nil else { return outcome }
        switch input {
        case .attested(let side, let proof): facts[side].proof = proof
        case .accepted(let side): facts[side].hasAccepted = true
        case .reported(let side): facts.reportedBy = facts.reportedBy ?? side
        case .holdOrdered(let sides, let channels):
            for side in sides { facts[side].ordered.formUnion(channels) }
        case .releaseOrdered(let sides, let channels):
            for side in sides { facts[side].ordered.subtract(channels) }
        case .risk(let side, let isAtRisk): facts[side].isAtRisk = isAtRisk
        case .hook(let awaits): facts.awaitsHook = awaits
        case .cutOrdered(let reason): facts.orderedCut = facts.orderedCut ?? reason
        case .tick: break
        }
        outcome = judged(at: now)
        return outcome
    }

    /// When `.tick` may change the outcome; `nil` for never.
    package func deadline(after now: MonotonicInstant) -> MonotonicInstant? {
        guard outcome.ending == nil else { return nil }
        return hooks.compactMap { $0.deadline(for: facts, after: now) }.min()
    }

    private func judged(at now: MonotonicInstant) -> Outcome {
        var gates = PairGates(all: [])
        var ending: EndReason?
        for hook in hooks {
            let verdict = hook.verdict(on: facts, under: rules, at: now)
            gates.formUnion(verdict.holds)
            ending = ending ?? verdict.ending
        }
        if ending != nil { gates.formUnion(PairGates(all: .policy)) }
        return Outcome(gates: gates, ending: ending)
    }
}
