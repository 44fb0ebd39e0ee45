internal import AsyncHTTPClient
internal import Foundation
internal import RelayTypes

/// Asks the operator's endpoint before something opens: one attempt, in bounded time, and never more than some at once.
///
/// Whatever goes wrong, there is an answer: `hold`, or `allow` where the operator has said so in so many words.
internal actor DecisionAsker {
    /// Longest answer that is read, in bytes.
    private static let longestAnswer = 16_384

    private let client: HTTPClient
    private let clock: @Sendable () -> MonotonicInstant
    internal var settings: HookSettings
    internal private(set) var breaker = CircuitBreaker()
    internal private(set) var asking = 0
    internal private(set) var answers: [HookDecisionKind: HookFigures.Answers] = [:]

    internal init(
        _ settings: HookSettings, client: HTTPClient, clock: @escaping @Sendable () -> MonotonicInstant
    ) {
        (self.settings, self.client, self.clock) = (settings, client, clock)
    }

    internal func adopt(_ next: HookSettings) {
        // Another endpoint has not failed yet.
        if next.decisionsURL != settings.decisionsURL { breaker.succeeded() }
        settings = next
    }

    internal func ask(_ kind: HookDecisionKind, _ data: String) async -> HookAnswer {
        let start = clock()
        var answer = await answer(kind, data, at: start)
        let took = clock().nanoseconds(since: start)
        answer.milliseconds = took / 1_000_000
        answers[kind, default: HookFigures.Answers()].note(answer, seconds: Double(took) / 1e9)
        return answer
    }

    private func answer(_ kind: HookDecisionKind, _ data: String, at start: MonotonicInstant) async
        -> HookAnswer
    {
        let fallback: HookAnswer.Decision = settings.allowsOnError ? .allow : .hold
        // Switched off while the question was on its way: nobody is asked any more, and nothing is held for it.
        guard let url = settings.decisionsURL, settings.asks(kind) else { return HookAnswer(.allow) }
        guard asking < settings.concurrency else { return HookAnswer(fallback, .busy) }
        guard breaker.admits(at: start) else { return HookAnswer(fallback, .broken) }
        asking += 1
        defer { asking -= 1 }
        let id = "ask_" + UUID().uuidString
        let request = HookRequest(
            url: url, id: id, body: HookBody.text(type: kind.type, at: Date(), data: data))
        let reply = await request.post(
            by: client, signedWith: settings.secret, within: settings.timeout, most: Self.longestAnswer)
        switch reply {
        case .answered(200, let body):
            if let answer = Self.answer(in: body) {
                breaker.succeeded()
                return answer
            }
            breaker.failed(at: clock())
            return HookAnswer(fallback, .failed, reason: "the answer is not what was asked for")
        case .answered(let status, _):
            breaker.failed(at: clock())
            return HookAnswer(fallback, .failed, reason: "status \(status)")
        case .timeout:
            breaker.failed(at: clock())
            return HookAnswer(fallback, .timeout)
        case .failed(let sentence):
            breaker.failed(at: clock())
            return HookAnswer(fallback, .failed, reason: sentence)
        }
    }

    /// Reads `{"decision": "allow" | "hold" | "deny", "reason"?: text, "ttl"?: seconds}`.
    ///
    /// - Returns: `nil` for anything else.
    internal static func answer(in body: Data) -> HookAnswer? {
        struct Members: Decodable {
            let decision: String
            let reason: String?
            let ttl: Double?
        }
        guard let members = try? JSONDecoder().decode(Members.self, from: body),
            let decision = HookAnswer.Decision(rawValue: members.decision)
        else { return nil }
        var ttl: UInt64?
        if let seconds = members.ttl {
            guard seconds >= 0, seconds.isFinite else { return nil }
            ttl = UInt64(min(seconds.rounded(.up), Double(HookAnswer.longestTTL)))
        }
        return HookAnswer(
            decision, reason: members.reason.map { String($0.prefix(HookAnswer.mostReason)) }, ttl: ttl)
    }
}
