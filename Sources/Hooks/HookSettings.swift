internal import Foundation

/// What the operator has configured for hooks.
package struct HookSettings: Sendable {
    /// Where events go; `nil`: nowhere.
    package var eventsURL: String?
    package var events = Set(HookEventKind.allCases)
    /// Most events that wait for the endpoint.
    package var queue = 100_000
    /// Who is asked; `nil`: nobody.
    package var decisionsURL: String?
    package var decisions: Set<HookDecisionKind> = []
    /// How long an answer may take, in milliseconds: at most 2,000.
    package var timeout: UInt64 = 200
    /// Without an answer: `true` opens all the same, and counts it.
    package var allowsOnError = false
    /// Most questions at once.
    package var concurrency = 64
    package var secret: HookSecret?

    package init() {}

    /// Whether anybody is told of it.
    package func tells(_ kind: HookEventKind) -> Bool { eventsURL != nil && events.contains(kind) }

    package func asks(_ kind: HookDecisionKind) -> Bool { decisionsURL != nil && decisions.contains(kind) }
}

extension HookSettings {
    /// What may be shown: no secret, and of the addresses nothing that could hold one.
    package struct Shown: Sendable, Equatable {
        /// Without user, query and fragment.
        package var eventsURL: String?
        package var events: [HookEventKind]
        package var decisionsURL: String?
        package var decisions: [HookDecisionKind]
        package var timeout: UInt64
        package var allowsOnError: Bool
    }

    package var shown: Shown {
        Shown(
            eventsURL: eventsURL.map(Self.withoutSecrets),
            events: HookEventKind.allCases.filter(tells),
            decisionsURL: decisionsURL.map(Self.withoutSecrets),
            decisions: HookDecisionKind.allCases.filter(asks), timeout: timeout, allowsOnError: allowsOnError)
    }

    private static func withoutSecrets(_ url: String) -> String {
        guard var parts = URLComponents(string: url) else { return "" }
        (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
        return parts.string ?? ""
    }
}
