internal import Dispatch
internal import RelayTypes

extension MonotonicInstant {
    /// The machine's monotonic clock, read now.
    ///
    /// Only the edges of the house read clocks.
    internal static func now() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: DispatchTime.now().uptimeNanoseconds)
    }
}
