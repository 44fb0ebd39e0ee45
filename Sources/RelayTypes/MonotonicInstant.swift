/// A point on the machine's monotonic clock, in nanoseconds.
///
/// Read once a batch and passed down.
package struct MonotonicInstant: Sendable, Hashable, Comparable, BitwiseCopyable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every instant that a clock shows.
    package static let never = MonotonicInstant(nanoseconds: .max)

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates at ``never``.
    package func advanced(byNanoseconds amount: UInt64) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(amount)
        return overflow ? .never : Self(nanoseconds: sum)
    }

    package func advanced(byMilliseconds amount: UInt64) -> Self {
        let (product, overflow) = amount.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .never : advanced(byNanoseconds: product)
    }

    package func advanced(bySeconds amount: UInt64) -> Self {
        let (product, overflow) = amount.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .never : advanced(byNanoseconds: product)
    }

    /// Nanoseconds since `earlier`; 0 when that is not earlier.
    package func nanoseconds(since earlier: Self) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}
