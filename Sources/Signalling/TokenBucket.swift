internal import RelayTypes

/// Lets so many through in a second, and after a quiet time a burst of more.
struct TokenBucket {
    private let perSecond: UInt64
    private let capacity: UInt64
    /// In billionths of a token: exact, so that the edges are where the arithmetic says.
    private var level: UInt64
    private var filledAt: MonotonicInstant

    private static let whole: UInt64 = 1_000_000_000

    /// Starts full.
    init(perSecond: UInt64, burst: UInt64, at now: MonotonicInstant) {
        self.perSecond = perSecond
        capacity = Self.times(burst, Self.whole)
        level = capacity
        filledAt = now
    }

    /// Takes one token, where there is one.
    mutating func take(at now: MonotonicInstant) -> Bool {
        let gained = Self.times(now.nanoseconds(since: filledAt), perSecond)
        let (sum, overflow) = level.addingReportingOverflow(gained)
        level = overflow ? capacity : min(capacity, sum)
        filledAt = max(filledAt, now)
        guard level >= Self.whole else { return false }
        level -= Self.whole
        return true
    }

    private static func times(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
