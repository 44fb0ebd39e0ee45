internal import Glibc
internal import RelayTypes

extension MonotonicInstant {
    /// The machine's monotonic clock, read now.
    ///
    /// Only the edges of the house read clocks.
    internal static func now() -> MonotonicInstant {
        var time = timespec()
        guard clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return MonotonicInstant(nanoseconds: 0) }
        return MonotonicInstant(
            nanoseconds: UInt64(max(time.tv_sec, 0)) &* 1_000_000_000 &+ UInt64(max(time.tv_nsec, 0)))
    }
}
