/// How questions to the operator's endpoint and events for it fare.
package struct HookFigures: Sendable, Equatable {
    /// Answers to one kind of question.
    package struct Answers: Sendable, Equatable {
        /// By what holds, and why.
        package var counts: [HookAnswer.Basis: [HookAnswer.Decision: UInt64]] = [:]
        /// How long those took that were asked, by upper bound in seconds; the last counts all.
        package var buckets: [UInt64]
        /// In seconds.
        package var sum: Double = 0

        package init() { buckets = [UInt64](repeating: 0, count: HookFigures.bounds.count + 1) }

        mutating func note(_ answer: HookAnswer, seconds: Double) {
            counts[answer.basis, default: [:]][answer.decision, default: 0] += 1
            guard answer.basis != .busy, answer.basis != .broken else { return }
            sum += seconds
            for (index, bound) in HookFigures.bounds.enumerated() where seconds <= bound {
                buckets[index] += 1
            }
            buckets[HookFigures.bounds.count] += 1
        }
    }

    /// Upper bounds of ``Answers/buckets`` in seconds, without the last.
    package static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2]

    /// What has become of events.
    package enum Fate: String, Sendable, CaseIterable {
        case delivered
        /// An attempt that failed; there will be another.
        case failed
        /// Too old: given up.
        case expired
        /// There was no room for it.
        case overflowed
    }

    package var answers: [HookDecisionKind: Answers] = [:]
    package var events: [Fate: UInt64] = [:]

    package init() {}

    /// Questions without an answer where the operator lets things open all the same.
    package func allowedOnError(_ kind: HookDecisionKind) -> UInt64 {
        (answers[kind]?.counts ?? [:])
            .reduce(0) { $1.key == .answered ? $0 : $0 + ($1.value[.allow] ?? 0) }
    }
}

/// How hooks fare now: `GET /v1/hooks`.
package struct HookStatus: Sendable, Equatable {
    package var settings: HookSettings.Shown
    package var figures: HookFigures
    package var isBreakerOpen = false
    package var failuresInARow = 0
    package var questions = 0
    /// `nil` where the disk does not say.
    package var waiting: Int?
    /// Age of the oldest event that waits, in seconds.
    package var oldestSeconds: Double?
    /// Since when the endpoint wants no more events, in seconds since 1970 UTC.
    package var goneSince: Double?
    /// What became of the last attempt to deliver, as a sentence.
    package var lastAttempt: String?

    package init(settings: HookSettings.Shown, figures: HookFigures) {
        (self.settings, self.figures) = (settings, figures)
    }
}
