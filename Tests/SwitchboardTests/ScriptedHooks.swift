import Hooks
import Storage
import Synchronization

/// The operator's endpoint as a test plays it: it answers when the test says so.
final class ScriptedHooks: OperatorHooks {
    private struct State {
        var kinds: Set<HookDecisionKind>
        var asked: [(kind: HookDecisionKind, data: String)] = []
        var answers: [HookDecisionKind: [HookAnswer]] = [:]
        var waiting: [HookDecisionKind: [CheckedContinuation<HookAnswer, Never>]] = [:]
        var kept: [HookEventRecord] = []
        var takesEvents = true
    }

    private let state: Mutex<State>
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init(asking kinds: Set<HookDecisionKind> = []) {
        state = Mutex(State(kinds: kinds))
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    func asks(_ kind: HookDecisionKind) -> Bool { state.withLock { $0.kinds.contains(kind) } }

    func ask(_ kind: HookDecisionKind, _ data: String) async -> HookAnswer {
        defer { arrived.yield() }
        return await withCheckedContinuation { continuation in
            state.withLock { state in
                state.asked.append((kind, data))
                if state.answers[kind, default: []].isEmpty {
                    state.waiting[kind, default: []].append(continuation)
                } else {
                    continuation.resume(returning: state.answers[kind, default: []].removeFirst())
                }
            }
            arrived.yield()
        }
    }

    func tells(_ kind: HookEventKind) -> Bool { true }

    func keep(_ events: [HookEventRecord]) async throws(StorageError) {
        let isTaken = state.withLock { state in
            if state.takesEvents { state.kept += events }
            return state.takesEvents
        }
        arrived.yield()
        if !isTaken { throw .failed(path: "-", why: "full") }
    }

    func enable() async throws(StorageError) {}
    func status() async -> HookStatus {
        HookStatus(settings: HookSettings().shown, figures: HookFigures())
    }
    func backlog() async throws(StorageError) -> HookBacklog { HookBacklog() }

    // MARK: What a test does

    func stopAsking() { state.withLock { $0.kinds = [] } }
    func takesEvents(_ takes: Bool) { state.withLock { $0.takesEvents = takes } }

    /// Answers the oldest question of this kind, or the next.
    func say(_ answer: HookAnswer, to kind: HookDecisionKind) {
        state.withLock { state in
            if state.waiting[kind, default: []].isEmpty {
                state.answers[kind, default: []].append(answer)
            } else {
                state.waiting[kind, default: []].removeFirst().resume(returning: answer)
            }
        }
    }

    /// Answers the newest question of this kind.
    func sayToLast(_ answer: HookAnswer, of kind: HookDecisionKind) {
        state.withLock { state in state.waiting[kind]?.popLast()?.resume(returning: answer) }
    }

    func asked(_ kind: HookDecisionKind) -> [String] {
        state.withLock { state in state.asked.filter { $0.kind == kind }.map(\.data) }
    }

    /// Questions that wait for the test to answer them.
    var waiting: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    var told: [HookEventRecord] { state.withLock { $0.kept } }

    /// Waits until something is so.
    func until(_ isSo: @Sendable (ScriptedHooks) -> Bool) async {
        var iterator = arrivals.makeAsyncIterator()
        while !isSo(self) { await iterator.next() }
    }
}
