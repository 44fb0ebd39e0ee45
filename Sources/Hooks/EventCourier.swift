internal import AsyncHTTPClient
internal import Foundation
internal import Logging
internal import Storage

/// Brings events to the operator's endpoint: at least once each, from the store, until it takes them or a day is over.
///
/// Several are on their way at once, so that they may arrive in another order; each has its time in it.
internal actor EventCourier {
    /// Most events on their way at once.
    internal static let most = 16
    /// For so long nobody else takes an event that is on its way, in seconds.
    private static let lease: Double = 30
    /// Longest answer that is read, in bytes; it means nothing.
    private static let longestAnswer = 65_536
    /// How often it is looked whether something is due, in milliseconds, where nobody calls.
    private static let interval: Int64 = 1_000
    /// Longest pause after failures, in seconds.
    private static let longestPause: Double = 60

    private let client: HTTPClient
    private let store: any HookEventStore
    private let logger: Logger
    private var settings: HookSettings
    /// How long the endpoint may take, in milliseconds.
    private let patience: UInt64
    private var failuresInARow = 0
    private var pauseUntil = Date.distantPast
    /// The endpoint that it was last asked about whether it is gone, and since when.
    private var known: (url: String, goneSince: Date?)?
    private var lastStoreFault: String?
    internal private(set) var events: [HookFigures.Fate: UInt64] = [:]
    internal private(set) var lastAttempt: String?
    private nonisolated let calls: AsyncStream<Void>
    private nonisolated let call: AsyncStream<Void>.Continuation

    internal init(
        _ settings: HookSettings, client: HTTPClient, store: any HookEventStore, logger: Logger,
        patience: UInt64 = 15_000
    ) {
        (self.settings, self.client, self.store, self.logger) = (settings, client, store, logger)
        self.patience = patience
        (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    internal func adopt(_ next: HookSettings) {
        if next.eventsURL != settings.eventsURL { (failuresInARow, pauseUntil) = (0, .distantPast) }
        settings = next
        wake()
    }

    /// Something is due now.
    internal nonisolated func wake() { call.yield() }

    internal func note(_ fate: HookFigures.Fate, _ count: Int = 1) {
        events[fate, default: 0] += UInt64(clamping: count)
    }

    /// Delivers until the task is cancelled.
    internal func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(Self.interval))
                    self.wake()
                }
            }
            for await _ in calls {
                guard !Task.isCancelled else { break }
                await deliverWhatIsDue()
            }
            group.cancelAll()
        }
    }

    /// Delivers what is due at this moment, batch after batch.
    internal func deliverWhatIsDue() async {
        guard let url = settings.eventsURL else { return }
        do {
            if known?.url != url { known = (url, try await store.endpointGone(url)) }
            let now = Date()
            note(
                .expired,
                try await store.forgetEvents(before: now.addingTimeInterval(-HookEventRecord.lifetime)))
            while known?.goneSince == nil, Date() >= pauseUntil, !Task.isCancelled {
                // An endpoint that fails is tried with one event at a time.
                let batch = try await store.takeEvents(
                    dueAt: Date(), most: failuresInARow > 0 ? 1 : Self.most, lease: Self.lease)
                guard !batch.isEmpty else { break }
                let (client, secret, patience) = (client, settings.secret, patience)
                try await withThrowingTaskGroup(of: (HookEventRecord, HookRequest.Reply).self) { group in
                    for event in batch {
                        group.addTask {
                            let request = HookRequest(url: url, id: event.id, body: event.body)
                            let reply = await request.post(
                                by: client, signedWith: secret, within: patience,
                                most: Self.longestAnswer)
                            return (event, reply)
                        }
                    }
                    for try await (event, reply) in group {
                        // What was on its way at the end is tried again when its lease is over.
                        guard !Task.isCancelled else { continue }
                        try await settle(event, reply, at: url)
                    }
                }
            }
            lastStoreFault = nil
        } catch {
            guard !Task.isCancelled else { return }
            let text = "\(error)"
            if text != lastStoreFault { logger.error("hook events wait", metadata: ["error": "\(text)"]) }
            lastStoreFault = text
        }
    }

    private func settle(
        _ event: HookEventRecord, _ reply: HookRequest.Reply, at url: String
    ) async throws(StorageError) {
        switch reply {
        case .answered(200..<300, _):
            (failuresInARow, lastAttempt) = (0, "delivered")
            note(.delivered)
            try await store.forgetEvent(event.id)
        case .answered(410, _):
            lastAttempt = "status 410: the endpoint wants no more events"
            note(.failed)
            logger.error(
                "hook endpoint gone: no more events are sent until 'hook enable' or another hooks.events_url",
                metadata: ["status": "410"])
            known = (url, Date())
            try await store.setEndpoint(url, goneSince: Date())
            try await store.delayEvent(event.id, until: Date())
        case .answered(let status, _): try await fail(event, "status \(status)")
        case .timeout: try await fail(event, "no answer within \(patience / 1_000) s")
        case .failed(let sentence): try await fail(event, sentence)
        }
    }

    private func fail(_ event: HookEventRecord, _ why: String) async throws(StorageError) {
        if failuresInARow == 0 {
            logger.warning("hook event not delivered", metadata: ["event": "\(event.kind)", "why": "\(why)"])
        }
        failuresInARow += 1
        lastAttempt = why
        note(.failed)
        pauseUntil = Date()
            .addingTimeInterval(
                min(pow(2, Double(min(failuresInARow, 8))) / 2, Self.longestPause))
        let delay = RetrySchedule.delay(after: event.attempts, jitter: .random(in: 0...1))
        try await store.delayEvent(event.id, until: Date().addingTimeInterval(delay))
    }

    /// Sends events again to an endpoint that wanted no more.
    internal func enable() async throws(StorageError) {
        guard let url = settings.eventsURL else { return }
        try await store.setEndpoint(url, goneSince: nil)
        known = (url, nil)
        (failuresInARow, pauseUntil) = (0, .distantPast)
        wake()
    }

    internal var goneSince: Date? { known?.goneSince }
}
