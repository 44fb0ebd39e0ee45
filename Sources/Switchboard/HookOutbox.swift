import Hooks
import Logging
import Storage
import Synchronization

/// Events for the operator's endpoint on their way to the disk.
///
/// Whoever adds one goes on at once.
actor HookOutbox {
    /// Most events that wait while the disk takes none; what is over is lost, counted and logged.
    private static let capacity = 10_000
    private static let retryInterval = Duration.seconds(1)

    private let hooks: (any OperatorHooks)?
    private let logger: Logger
    private nonisolated let waiting = Mutex<[HookEventRecord]>([])
    private nonisolated let lost = Atomic<UInt64>(0)
    private var writing: Task<Void, Never>?
    private var hasFailed = false
    private nonisolated let changed: AsyncStream<Void>
    private nonisolated let change: AsyncStream<Void>.Continuation

    init(hooks: (any OperatorHooks)?, logger: Logger) {
        (self.hooks, self.logger) = (hooks, logger)
        (changed, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    nonisolated func add(_ event: HookEventRecord) {
        let isKept = waiting.withLock { events in
            guard events.count < Self.capacity else { return false }
            events.append(event)
            return true
        }
        if !isKept { lost.wrappingAdd(1, ordering: .relaxed) }
        change.yield()
    }

    /// Events that there was no room for in memory, since the start.
    nonisolated var lostCount: UInt64 { lost.load(ordering: .relaxed) }

    /// Writes events as they come, until the task is cancelled.
    func run() async {
        for await _ in changed {
            await flush()
            guard hasFailed else { continue }
            try? await Task.sleep(for: Self.retryInterval)
            change.yield()
        }
    }

    /// Returns when everything that had been added before is on disk, or the disk has not taken it.
    func flush() async {
        while let current = writing {
            await current.value
            if writing == current { writing = nil }
        }
        guard waiting.withLock({ !$0.isEmpty }) else { return }
        let task = Task { await self.write() }
        writing = task
        await task.value
        if writing == task { writing = nil }
    }

    private func write() async {
        guard let hooks else { return }
        let events = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        do {
            try await hooks.keep(events)
            hasFailed = false
        } catch {
            if !hasFailed { logger.error("hook events wait", metadata: ["error": "\(error)"]) }
            hasFailed = true
            waiting.withLock { $0 = Array((events + $0).prefix(Self.capacity)) }
        }
    }
}
