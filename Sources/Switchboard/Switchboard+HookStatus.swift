import Foundation
import Hooks
import Logging
import Storage

/// How the operator's endpoint fares.
extension Switchboard {
    /// `GET /v1/hooks`.
    package func hookStatus() async -> HookStatusView {
        let status = await hookFigures() ?? HookStatus(settings: HookSettings().shown, figures: HookFigures())
        return HookStatusView(status) { timestamp(Date(timeIntervalSince1970: $0)) }
    }

    /// Sends events again to an endpoint that has answered 410: `POST /v1/hooks/enable`.
    package func enableHooks(by who: Operator) async throws(AdminError) -> HookStatusView {
        guard let hooks = configuration.hooks, await hooks.status().settings.eventsURL != nil else {
            throw .noEventsEndpoint
        }
        // What lets something out is written down first.
        _ = await audit(.hooksEnabled, by: who)
        do {
            try await hooks.enable()
        } catch {
            throw .storage(error)
        }
        logger.notice("hook events enabled", metadata: ["by": "\(who.name)"])
        return await hookStatus()
    }

    /// How hooks fare, with what the disk says where it says it within 2 s; `nil` where there are none.
    func hookFigures() async -> HookStatus? {
        guard let hooks = configuration.hooks else { return nil }
        var status = await hooks.status()
        status.figures.events[.overflowed, default: 0] += outbox.lostCount
        // A disk that does not answer must not keep anybody from seeing the rest.
        guard let backlog = await within(seconds: 2, { try? await hooks.backlog() }) ?? nil else {
            return status
        }
        status.waiting = backlog.waiting
        status.oldestSeconds = backlog.oldest
            .map { max(configuration.wallClock().timeIntervalSince($0), 0) }
        return status
    }

    // MARK: Whether it is sound

    /// So old an event may wait before somebody should look, in seconds.
    private static let longestWait: Double = 600

    func hookChecks() async -> [DoctorCheck] {
        guard let status = await hookFigures() else { return [Self.hookCheck(.ok, "there are none")] }
        let settings = status.settings
        guard settings.eventsURL != nil || settings.decisionsURL != nil else {
            return [Self.hookCheck(.ok, "none are configured")]
        }
        var checks: [DoctorCheck] = []
        if settings.decisionsURL != nil, status.isBreakerOpen {
            let effect =
                settings.allowsOnError
                ? "lets open what it should decide about" : "holds what it should decide about"
            checks.append(
                Self.hookCheck(
                    .bad,
                    "the endpoint that is asked has not answered \(status.failuresInARow) times in a row: the server "
                        + "\(effect), and asks now and then",
                    "see that the endpoint answers within hooks.timeout with 200 and a decision"))
        }
        if settings.eventsURL != nil { checks += eventChecks(status) }
        return checks.isEmpty ? [Self.hookCheck(.ok, Self.sound(status))] : checks
    }

    private func eventChecks(_ status: HookStatus) -> [DoctorCheck] {
        let last = status.lastAttempt.map { "; the last attempt: \($0)" } ?? ""
        if let since = status.goneSince {
            return [
                Self.hookCheck(
                    .bad,
                    "the endpoint wants no more events since \(timestamp(Date(timeIntervalSince1970: since))) (410), "
                        + "and \(status.waiting ?? 0) wait; what is older than a day is given up",
                    "mend it, then 'tidegatectl hook enable'; or take hooks.events_url out and reload")
            ]
        }
        guard status.waiting != nil else {
            return [
                Self.hookCheck(
                    .warn, "the database does not say how many events wait", "see the check 'database'")
            ]
        }
        guard let oldest = status.oldestSeconds, oldest > Self.longestWait else { return [] }
        return [
            Self.hookCheck(
                .warn,
                "\(status.waiting ?? 0) events wait, the oldest for \(Int(oldest / 60)) minutes\(last)",
                "see that the endpoint answers with 2xx within 15 s; what is older than a day is given up")
        ]
    }

    private static func sound(_ status: HookStatus) -> String {
        var parts: [String] = []
        if status.settings.eventsURL != nil { parts.append("events are taken, \(status.waiting ?? 0) wait") }
        if status.settings.decisionsURL != nil { parts.append("the endpoint that is asked answers") }
        return parts.joined(separator: "; ")
    }

    private static func hookCheck(
        _ verdict: DoctorCheck.Verdict, _ says: String, _ remedy: String? = nil
    ) -> DoctorCheck {
        DoctorCheck("hooks", verdict, says, remedy: remedy)
    }
}
