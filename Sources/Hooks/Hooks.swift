internal import AsyncHTTPClient
internal import Foundation
package import Logging
package import RelayTypes
package import Storage
internal import Synchronization

/// The operator's endpoint: told of events, and asked before something opens (PROTOCOL.md section 5).
///
/// Nothing that closes a gate waits for it.
package final class Hooks: OperatorHooks {
    private let client: HTTPClient
    private let store: any HookEventStore
    private let settings: Mutex<HookSettings>
    private let asker: DecisionAsker
    private let courier: EventCourier

    package init(
        _ settings: HookSettings, store: any HookEventStore, logger: Logger,
        clock: @escaping @Sendable () -> MonotonicInstant
    ) {
        self.settings = Mutex(settings)
        self.store = store
        client = HookRequest.client()
        asker = DecisionAsker(settings, client: client, clock: clock)
        courier = EventCourier(settings, client: client, store: store, logger: logger)
    }

    deinit {
        // Where a start fails nobody closes it. What was closed before only says so.
        client.shutdown { _ in }
    }

    /// Delivers events until the task is cancelled.
    package func run() async { await courier.run() }

    /// To be called once, when nobody asks any more.
    package func close() async { try? await client.shutdown() }

    /// Goes by other settings from now on.
    package func adopt(_ next: HookSettings) async {
        settings.withLock { $0 = next }
        await asker.adopt(next)
        await courier.adopt(next)
    }

    // MARK: Decisions

    package func asks(_ kind: HookDecisionKind) -> Bool { settings.withLock { $0.asks(kind) } }

    package func ask(_ kind: HookDecisionKind, _ data: String) async -> HookAnswer {
        await asker.ask(kind, data)
    }

    // MARK: Events

    package func tells(_ kind: HookEventKind) -> Bool { settings.withLock { $0.tells(kind) } }

    /// Makes events durable; they are on their way from then on.
    package func keep(_ events: [HookEventRecord]) async throws(StorageError) {
        let room = settings.withLock { $0.queue }
        let over = try await store.save(events, room: room)
        if over > 0 { await courier.note(.overflowed, over) }
        courier.wake()
    }

    /// Sends events again to an endpoint that has answered 410.
    package func enable() async throws(StorageError) { try await courier.enable() }

    // MARK: For those who look

    package func figures() async -> HookFigures {
        var figures = HookFigures()
        figures.answers = await asker.answers
        figures.events = await courier.events
        return figures
    }

    /// Does not ask the disk: see ``backlog()``.
    package func status() async -> HookStatus {
        var status = HookStatus(settings: settings.withLock { $0.shown }, figures: await figures())
        let breaker = await asker.breaker
        status.isBreakerOpen = breaker.state == .open
        status.failuresInARow = breaker.failuresInARow
        status.questions = await asker.asking
        status.goneSince = await courier.goneSince?.timeIntervalSince1970
        status.lastAttempt = await courier.lastAttempt
        return status
    }

    package func backlog() async throws(StorageError) -> HookBacklog { try await store.backlog() }
}
