internal import Dispatch
internal import Synchronization

/// A value under a lock, and waiting for it to satisfy a condition: what tests use in place of sleeping.
package final class Monitor<State: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let number: UInt64
        let condition: @Sendable (State) -> Bool
        let wake: @Sendable (Bool) -> Void
    }

    private struct Inner: Sendable {
        var state: State
        var waiters: [Waiter] = []
        var nextNumber: UInt64 = 0
    }

    private let inner: Mutex<Inner>

    package init(_ state: State) { inner = Mutex(Inner(state: state)) }

    package var value: State { inner.withLock { $0.state } }

    /// Changes the value, and wakes whoever waits for what it is now.
    @discardableResult
    package func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, woken) = inner.withLock { inner in
            let result = body(&inner.state)
            guard !inner.waiters.isEmpty else { return (result, [Waiter]()) }
            let woken = inner.waiters.filter { $0.condition(inner.state) }
            if !woken.isEmpty {
                inner.waiters.removeAll { waiter in woken.contains { $0.number == waiter.number } }
            }
            return (result, woken)
        }
        for waiter in woken { waiter.wake(true) }
        return result
    }

    /// Waits until the condition holds.
    ///
    /// - Parameter seconds: when to give up. Generous: it is reached only when the test fails.
    /// - Returns: whether the condition held in time.
    package func wait(
        atMost seconds: Double = 30, until condition: @escaping @Sendable (State) -> Bool
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            guard let number = enlist(condition, wake: { continuation.resume(returning: $0) }) else { return }
            // The timer lives outside Swift's thread pool, which a busy test may fill.
            DispatchQueue.global()
                .asyncAfter(deadline: .now() + seconds) { [weak self] in
                    self?.giveUp(number)
                }
        }
    }

    /// As ``wait(atMost:until:)``, for a caller that owns its thread.
    package func block(
        atMost seconds: Double = 30, until condition: @escaping @Sendable (State) -> Bool
    ) -> Bool {
        let signal = DispatchSemaphore(value: 0)
        let waiting = Outcome(signal: signal)
        guard let number = enlist(condition, wake: { waiting.finish($0) }) else { return waiting.held }
        if signal.wait(timeout: .now() + seconds) == .timedOut { giveUp(number) }
        return waiting.held
    }

    /// - Returns: `nil` when the condition holds already; `wake` has been called then.
    private func enlist(
        _ condition: @escaping @Sendable (State) -> Bool, wake: @escaping @Sendable (Bool) -> Void
    ) -> UInt64? {
        let number: UInt64? = inner.withLock { inner in
            guard !condition(inner.state) else { return nil }
            let number = inner.nextNumber
            inner.nextNumber &+= 1
            inner.waiters.append(Waiter(number: number, condition: condition, wake: wake))
            return number
        }
        if number == nil { wake(true) }
        return number
    }

    private func giveUp(_ number: UInt64) {
        let waiter = inner.withLock { inner -> Waiter? in
            guard let place = inner.waiters.firstIndex(where: { $0.number == number }) else { return nil }
            return inner.waiters.remove(at: place)
        }
        waiter?.wake(false)
    }
}

/// How a blocking wait ended.
private final class Outcome: Sendable {
    private let result = Mutex(false)
    private let signal: DispatchSemaphore

    init(signal: DispatchSemaphore) { self.signal = signal }

    var held: Bool { result.withLock { $0 } }

    func finish(_ held: Bool) {
        result.withLock { $0 = held }
        signal.signal()
    }
}
