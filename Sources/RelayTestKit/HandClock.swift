package import RelayTypes
internal import Synchronization

/// A clock that moves only when a test turns it.
package final class HandClock: Sendable {
    private let instant: Mutex<MonotonicInstant>

    /// - Parameter start: what it shows at first. Not 0, so that arithmetic which goes below the start shows.
    package init(start: MonotonicInstant = MonotonicInstant(nanoseconds: 1_000_000_000_000)) {
        instant = Mutex(start)
    }

    package var now: MonotonicInstant { instant.withLock { $0 } }

    /// - Returns: what it shows afterwards.
    @discardableResult
    package func advance(milliseconds: UInt64) -> MonotonicInstant {
        instant.withLock { instant in
            instant = instant.advanced(byMilliseconds: milliseconds)
            return instant
        }
    }
}
