/// Something that the operator's endpoint is told of (PROTOCOL.md section 5).
package enum HookEventKind: String, Sendable, CaseIterable {
    case peerJoined = "peer.joined"
    case pairMatched = "pair.matched"
    case pairEnded = "pair.ended"
    case reportReceived = "report.received"
    case gateChanged = "gate.changed"
    case decisionMade = "decision.made"
    case appealReceived = "appeal.received"
    case signalMatched = "signal.matched"
}

/// Something that the operator's endpoint is asked before it happens (PROTOCOL.md section 5).
package enum HookDecisionKind: String, Sendable, CaseIterable {
    /// May this person come into the pool?
    case admit
    /// May these two meet?
    case match
    /// May what these two send each other flow?
    case release
    /// May this message be passed on?
    case chat

    /// Its `type` in what is posted.
    package var type: String { "decide." + rawValue }
}

/// What a hook has decided, or what holds because it has not.
package struct HookAnswer: Sendable, Equatable {
    package enum Decision: String, Sendable, CaseIterable { case allow, hold, deny }

    /// Where a decision comes from.
    package enum Basis: String, Sendable, CaseIterable {
        /// The endpoint has said so.
        case answered
        /// It did not within the time.
        case timeout
        /// It could not be reached, or what it said is no answer.
        case failed
        /// Too many questions were waiting for an answer.
        case busy
        /// The circuit breaker is open: it was not asked.
        case broken
    }

    package var decision: Decision
    package var basis: Basis
    /// The endpoint's own words, at most ``mostReason`` characters.
    package var reason: String?
    /// How long it counts, in seconds; `nil`: the endpoint has not said.
    package var ttl: UInt64?
    package var milliseconds: UInt64

    package init(
        _ decision: Decision, _ basis: Basis = .answered, reason: String? = nil, ttl: UInt64? = nil,
        milliseconds: UInt64 = 0
    ) {
        (self.decision, self.basis, self.reason, self.ttl) = (decision, basis, reason, ttl)
        self.milliseconds = milliseconds
    }

    /// Most characters of ``reason``.
    package static let mostReason = 160
    /// Longest ``ttl``, in seconds.
    package static let longestTTL: UInt64 = 86_400
}
