package import Hooks

/// `GET /v1/hooks`: the operator's endpoint, told of events and asked before something opens.
package struct HookStatusView: Sendable, Encodable, Equatable {
    /// What it is told.
    package struct Events: Sendable, Encodable, Equatable {
        /// Without user, query and fragment; absent where nothing is told.
        package var url: String?
        package var kinds: [String] = []
        /// Absent while the database does not say.
        package var waiting: Int?
        /// Age of the oldest that waits; absent where none does.
        package var oldestSeconds: Double?
        /// Since when the endpoint wants no more, by its own word; absent where it takes them.
        package var goneSince: String?
        /// What became of the last attempt, as a sentence; absent before the first.
        package var lastAttempt: String?
        /// How many events have been `delivered`, given up (`expired`) and lost for want of room (`overflowed`), and how
        /// many attempts have `failed`.
        package var outcomes: [String: UInt64] = [:]

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case url, kinds, waiting, outcomes
            case oldestSeconds = "oldest_seconds"
            case goneSince = "gone_since"
            case lastAttempt = "last_attempt"
        }
    }

    /// What it is asked.
    package struct Decisions: Sendable, Encodable, Equatable {
        /// Without user, query and fragment; absent where nothing is asked.
        package var url: String?
        package var kinds: [String] = []
        /// How long an answer may take.
        package var timeoutMilliseconds: UInt64 = 0
        /// `hold` or `allow`: what holds for a question without an answer.
        package var onError = ""
        /// `open`: too many questions in a row had no answer, and it is asked now and then only.
        package var breaker = ""
        package var failuresInARow = 0
        /// Questions that wait for an answer now.
        package var asking = 0
        /// One entry for each kind, asked or not.
        package var answers: [Answers] = []

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case url, kinds, breaker, asking, answers
            case timeoutMilliseconds = "timeout_ms"
            case onError = "on_error"
            case failuresInARow = "failures_in_a_row"
        }
    }

    /// What became of one kind of question, since the start of the server.
    package struct Answers: Sendable, Encodable, Equatable {
        package var kind: String
        /// By what the endpoint said: `allow`, `hold`, `deny`.
        package var answered: [String: UInt64]
        /// By why there was no answer: `timeout`, `failed`, `busy`, `broken`.
        package var unanswered: [String: UInt64]
        /// Of ``unanswered``, how many let something open, for the configuration wants it so.
        package var allowedOnError: UInt64
        /// How long an answer took on average, those that came too late included; absent where nobody was asked.
        package var meanMilliseconds: Double?

        package init(_ kind: HookDecisionKind, in figures: HookFigures) {
            let answers = figures.answers[kind] ?? HookFigures.Answers()
            self.kind = kind.rawValue
            answered = Dictionary(
                uniqueKeysWithValues: HookAnswer.Decision.allCases.map { decision in
                    (decision.rawValue, answers.counts[.answered]?[decision] ?? 0)
                })
            unanswered = Dictionary(
                uniqueKeysWithValues: HookAnswer.Basis.allCases.filter { $0 != .answered }
                    .map { basis in
                        (basis.rawValue, (answers.counts[basis] ?? [:]).values.reduce(0, +))
                    })
            allowedOnError = figures.allowedOnError(kind)
            let asked = answers.buckets.last ?? 0
            meanMilliseconds = asked == 0 ? nil : answers.sum * 1_000 / Double(asked)
        }

        private enum CodingKeys: String, CodingKey {
            case kind, answered, unanswered
            case allowedOnError = "allowed_on_error"
            case meanMilliseconds = "mean_ms"
        }
    }

    package var events = Events()
    package var decisions = Decisions()

    package init() {}
}

extension HookStatusView {
    /// - Parameter timestamp: how a moment in seconds since 1970 UTC is written.
    init(_ status: HookStatus, timestamp: (Double) -> String) {
        self.init()
        let settings = status.settings
        events.url = settings.eventsURL
        events.kinds = settings.events.map(\.rawValue)
        events.waiting = status.waiting
        events.oldestSeconds = status.oldestSeconds
        events.goneSince = status.goneSince.map(timestamp)
        events.lastAttempt = status.lastAttempt
        events.outcomes = Dictionary(
            uniqueKeysWithValues: HookFigures.Fate.allCases.map {
                ($0.rawValue, status.figures.events[$0] ?? 0)
            })
        decisions.url = settings.decisionsURL
        decisions.kinds = settings.decisions.map(\.rawValue)
        decisions.timeoutMilliseconds = settings.timeout
        decisions.onError = settings.allowsOnError ? "allow" : "hold"
        decisions.breaker = status.isBreakerOpen ? "open" : "closed"
        decisions.failuresInARow = status.failuresInARow
        decisions.asking = status.questions
        decisions.answers = HookDecisionKind.allCases.map { Answers($0, in: status.figures) }
    }
}
