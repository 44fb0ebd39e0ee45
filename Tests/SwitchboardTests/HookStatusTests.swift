import Foundation
import Hooks
import Storage
import Synchronization
import Testing

@testable import Switchboard

/// An endpoint that fares as a test wants.
private final class FakeHooks: OperatorHooks {
    struct State: Sendable {
        var status = HookStatus(settings: HookSettings().shown, figures: HookFigures())
        var backlog = HookBacklog()
        var fault: StorageError?
        var isHanging = false
        var enabled = 0
    }

    let state: Mutex<State>

    init(_ settings: HookSettings) {
        var state = State()
        state.status = HookStatus(settings: settings.shown, figures: HookFigures())
        self.state = Mutex(state)
    }

    /// One that is told of events and asked about releases.
    static var usual: FakeHooks {
        var settings = HookSettings()
        settings.eventsURL = "https://anna:hunter2@chat.example/events?token=hunter3"
        settings.decisionsURL = "https://chat.example/ask"
        settings.decisions = [.release]
        return FakeHooks(settings)
    }

    func asks(_ kind: HookDecisionKind) -> Bool { false }
    func ask(_ kind: HookDecisionKind, _ data: String) async -> HookAnswer { HookAnswer(.hold, .failed) }
    func tells(_ kind: HookEventKind) -> Bool { false }
    func keep(_ events: [HookEventRecord]) async throws(StorageError) {}

    func enable() async throws(StorageError) {
        if let fault = state.withLock({ $0.fault }) { throw fault }
        state.withLock {
            $0.enabled += 1
            $0.status.goneSince = nil
        }
    }

    func status() async -> HookStatus { state.withLock { $0.status } }

    func backlog() async throws(StorageError) -> HookBacklog {
        if state.withLock({ $0.isHanging }) {
            // As a disk that does not answer: not even where nobody waits any more.
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        if let fault = state.withLock({ $0.fault }) { throw fault }
        return state.withLock { $0.backlog }
    }
}

@Suite("How the operator's endpoint fares")
struct HookStatusTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func stage(_ hooks: FakeHooks?) async throws -> Stage {
        try await Stage {
            $0.hooks = hooks
            $0.wallClock = { Self.now }
        }
    }

    private func checks(_ stage: Stage) async -> [DoctorCheck] {
        await stage.switchboard.doctor().checks.filter { $0.check == "hooks" }
    }

    @Test("is shown with what waits and how it answers, and with no secret of its address")
    func status() async throws {
        let hooks = FakeHooks.usual
        let stage = try await stage(hooks)
        defer { stage.close() }
        hooks.state.withLock {
            var answers = HookFigures.Answers()
            answers.counts = [.answered: [.allow: 4, .deny: 1], .timeout: [.hold: 2], .busy: [.allow: 3]]
            answers.buckets[11] = 7
            answers.sum = 0.7
            $0.status.figures.answers[.release] = answers
            $0.status.figures.events = [.delivered: 5, .failed: 2]
            $0.status.isBreakerOpen = true
            $0.status.failuresInARow = 6
            $0.status.goneSince = Self.now.timeIntervalSince1970 - 60
            $0.status.lastAttempt = "status 410"
            $0.backlog = HookBacklog(waiting: 3, oldest: Self.now.addingTimeInterval(-42.5))
        }
        let view = await stage.switchboard.hookStatus()
        #expect(view.events.url == "https://chat.example/events")
        #expect(view.events.kinds == HookEventKind.allCases.map(\.rawValue))
        #expect(view.events.waiting == 3 && view.events.oldestSeconds == 42.5)
        #expect(view.events.goneSince == "2027-01-15T07:59:00.000Z")
        #expect(view.events.lastAttempt == "status 410")
        #expect(
            view.events.outcomes == ["delivered": 5, "failed": 2, "expired": 0, "overflowed": 0])
        #expect(view.decisions.breaker == "open" && view.decisions.failuresInARow == 6)
        #expect(view.decisions.onError == "hold" && view.decisions.timeoutMilliseconds == 200)
        #expect(view.decisions.answers.map(\.kind) == ["admit", "match", "release", "chat"])
        let release = view.decisions.answers[2]
        #expect(release.answered == ["allow": 4, "hold": 0, "deny": 1])
        #expect(release.unanswered == ["timeout": 2, "failed": 0, "busy": 3, "broken": 0])
        #expect(release.allowedOnError == 3)
        #expect(try #require(release.meanMilliseconds).rounded() == 100)
        #expect(view.decisions.answers[0].meanMilliseconds == nil)

        let figures = try #require(await stage.switchboard.metrics().hooks)
        #expect(figures.waiting == 3 && figures.isBreakerOpen && figures.goneSince != nil)
    }

    @Test("is shown without what waits where the database does not say, or hangs")
    func silentDisk() async throws {
        let hooks = FakeHooks.usual
        let stage = try await stage(hooks)
        defer { stage.close() }
        hooks.state.withLock { $0.fault = .failed(path: "x", why: "gone") }
        #expect(await stage.switchboard.hookStatus().events.waiting == nil)
        hooks.state.withLock { $0.isHanging = true }
        let view = await stage.switchboard.hookStatus()
        #expect(view.events.waiting == nil && view.events.url == "https://chat.example/events")
        #expect(await stage.switchboard.metrics().hooks?.waiting == nil)
        #expect(await checks(stage).contains { $0.verdict == .warn && $0.says.contains("database") })
    }

    @Test("events are enabled once it is written down who did it, and not where there is nobody to tell")
    func enable() async throws {
        let hooks = FakeHooks.usual
        let stage = try await stage(hooks)
        defer { stage.close() }
        hooks.state.withLock { $0.status.goneSince = 1 }
        let nora = try #require(Operator("nora"))
        let view = try await stage.switchboard.enableHooks(by: nora)
        #expect(view.events.goneSince == nil && hooks.state.withLock { $0.enabled } == 1)
        let page = try await stage.switchboard.auditPage(after: 0, limit: 1_000)
        #expect(page.entries.contains { $0.what == "hooks.enabled" && $0.who == "nora" })

        hooks.state.withLock { $0.fault = .failed(path: "x", why: "full") }
        await #expect(throws: AdminError.storage(.failed(path: "x", why: "full"))) {
            _ = try await stage.switchboard.enableHooks(by: nora)
        }
        for silent in [nil, FakeHooks(HookSettings())] {
            let other = try await self.stage(silent)
            defer { other.close() }
            await #expect(throws: AdminError.noEventsEndpoint) {
                _ = try await other.switchboard.enableHooks(by: nora)
            }
            #expect(
                try await !other.switchboard.auditPage(after: 0, limit: 9).entries
                    .contains {
                        $0.what == "hooks.enabled"
                    })
        }
    }

    @Test("the doctor says what is wrong with it, and what to do")
    func doctor() async throws {
        let none = try await stage(nil)
        defer { none.close() }
        #expect(await checks(none).map(\.verdict) == [.ok])
        #expect(
            await none.switchboard.hookStatus().events
                == HookStatusView(
                    HookStatus(
                        settings: HookSettings().shown, figures: HookFigures())
                ) { _ in "" }
                .events)

        let hooks = FakeHooks.usual
        let stage = try await stage(hooks)
        defer { stage.close() }
        #expect(await checks(stage).map(\.verdict) == [.ok])

        hooks.state.withLock {
            $0.backlog = HookBacklog(waiting: 2, oldest: Self.now.addingTimeInterval(-600))
        }
        #expect(await checks(stage).map(\.verdict) == [.ok])
        hooks.state.withLock {
            $0.backlog = HookBacklog(waiting: 2, oldest: Self.now.addingTimeInterval(-660))
            $0.status.lastAttempt = "status 500"
        }
        let late = await checks(stage)
        #expect(late.map(\.verdict) == [.warn])
        #expect(late.first?.says == "2 events wait, the oldest for 11 minutes; the last attempt: status 500")

        hooks.state.withLock {
            $0.status.isBreakerOpen = true
            $0.status.failuresInARow = 5
            $0.status.goneSince = Self.now.timeIntervalSince1970
        }
        let broken = await checks(stage)
        #expect(broken.map(\.verdict) == [.bad, .bad])
        #expect(broken[0].says.contains("5 times in a row") && broken[0].says.contains("holds what it"))
        #expect(broken[1].remedy?.contains("tidegatectl hook enable") == true)
        #expect(broken.allSatisfy { $0.remedy != nil })
    }
}
