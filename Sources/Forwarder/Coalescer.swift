internal import RelayTypes

/// Decides how long a worker lets datagrams gather after a batch that was not full.
///
/// A wake-up costs as much as several packets, so at medium load it pays to wait until some are there. Without
/// traffic to gather there is no pause, and none at saturation, where batches are full by themselves.
internal struct Coalescer {
    /// Over how long the rate is measured, in nanoseconds: a burst of one video frame must not look like load.
    internal static let memory: UInt64 = 50_000_000
    /// Datagrams that a pause may gather, far fewer than a batch takes.
    internal static let mostGathered: UInt64 = 32

    /// The longest pause in nanoseconds; 0 for none ever.
    internal let limit: UInt64
    /// Datagrams in about the last ``memory`` nanoseconds, older ones counting less; in 1/1024.
    private var level: UInt64 = 0
    private var notedAt = MonotonicInstant(nanoseconds: 0)

    internal init(limit: UInt64) { self.limit = min(limit, 10_000_000) }

    /// Takes note of a turn, and says how long to pause after it.
    ///
    /// - Parameters:
    ///   - datagrams: how many the turn has brought.
    ///   - isFull: whether a batch was full, so that more are waiting.
    /// - Returns: nanoseconds; 0 for no pause.
    internal mutating func pause(after datagrams: Int, isFull: Bool, at now: MonotonicInstant) -> UInt64 {
        guard limit > 0 else { return 0 }
        let passed = now.nanoseconds(since: notedAt)
        notedAt = now
        // Decays in a straight line: near enough to an exponential for steps far shorter than the memory.
        level = passed >= Self.memory ? 0 : level &- level / 1_024 &* passed / (Self.memory / 1_024)
        level = min(level &+ UInt64(truncatingIfNeeded: max(datagrams, 0)) &* 1_024, 1 << 40)
        guard !isFull else { return 0 }
        // What the longest pause would gather; below one datagram it would only delay.
        guard level &* limit >= Self.memory &* 1_024 else { return 0 }
        return min(limit, Self.mostGathered &* 1_024 &* Self.memory / level)
    }
}
