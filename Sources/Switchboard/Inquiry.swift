import Synchronization

/// One question to somebody who may not answer, a disk for one.
///
/// It is asked once at a time: whoever asks while an answer is awaited waits for the same one, so that nothing piles up.
final class Inquiry<Answer: Sendable>: Sendable {
    private struct State {
        var running: Task<Answer, Never>?
        var last: Answer?
    }

    private let state = Mutex(State())
    private let ask: @Sendable () async -> Answer

    init(_ ask: @escaping @Sendable () async -> Answer) { self.ask = ask }

    /// The latest answer that has come; `nil` before any.
    var last: Answer? { state.withLock { $0.last } }

    /// - Returns: `nil` where no answer has come in time.
    func answer(within seconds: Int) async -> Answer? {
        let task = state.withLock { state -> Task<Answer, Never> in
            if let running = state.running { return running }
            let task = Task {
                let answer = await ask()
                self.state.withLock { state in
                    state.running = nil
                    state.last = answer
                }
                return answer
            }
            state.running = task
            return task
        }
        return await within(seconds: seconds) { await task.value }
    }
}
