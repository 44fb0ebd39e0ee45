import Synchronization

/// Waits for an answer, but not for ever.
///
/// The work goes on by itself where it takes longer: what it waits for, a disk for one, cannot be called off.
///
/// - Returns: `nil` where it has not come in time.
package func within<Value: Sendable>(
    seconds: Int, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withCheckedContinuation { continuation in
        let answer = OneAnswer(continuation)
        let limit = Task {
            try? await Task.sleep(for: .seconds(seconds))
            answer.give(nil)
        }
        Task {
            answer.give(await work())
            limit.cancel()
        }
    }
}

/// Whoever comes first answers.
private final class OneAnswer<Value: Sendable>: Sendable {
    private let waiter: Mutex<CheckedContinuation<Value?, Never>?>

    init(_ waiter: CheckedContinuation<Value?, Never>) { self.waiter = Mutex(waiter) }

    func give(_ value: Value?) {
        let waiter = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        waiter?.resume(returning: value)
    }
}
