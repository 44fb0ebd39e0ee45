internal import RelayTypes

/// Keeps an endpoint that fails from being asked again and again, and people from waiting for it.
///
/// After ``threshold`` failures in a row it is open: nobody asks. Then one question in each ``pause`` is let through,
/// and the first that is answered closes it.
internal struct CircuitBreaker {
    internal static let threshold = 5
    /// In seconds.
    internal static let pause: UInt64 = 5

    internal enum State: String { case closed, open }

    internal private(set) var failuresInARow = 0
    private var nextTrial: MonotonicInstant?

    internal var state: State { nextTrial == nil ? .closed : .open }

    /// Whether a question may be asked now.
    internal mutating func admits(at now: MonotonicInstant) -> Bool {
        guard let trial = nextTrial else { return true }
        guard now >= trial else { return false }
        nextTrial = now.advanced(bySeconds: Self.pause)
        return true
    }

    internal mutating func succeeded() {
        failuresInARow = 0
        nextTrial = nil
    }

    internal mutating func failed(at now: MonotonicInstant) {
        failuresInARow += 1
        if failuresInARow >= Self.threshold { nextTrial = now.advanced(bySeconds: Self.pause) }
    }
}
