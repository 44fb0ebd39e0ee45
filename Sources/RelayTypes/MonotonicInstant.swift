/// A point on the machine's monotonic clock, in nanoseconds.
///
/// Read once a batch and passed down.
@usableFromInline package struct MonotonicInstant: Sendable, Hashable, Comparable, BitwiseCopyable {
    @usableFromInline package let nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every instant that a clock shows.
    @inlinable package static var never: Self { MonotonicInstant(nanoseconds: .max) }

    // Written out: what the compiler makes by itself is not inlined into other modules.
    @inlinable
    package static func == (left: Self, right: Self) -> Bool { left.nanoseconds == right.nanoseconds }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates at ``never``.
    @inlinable
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
    @inlinable
    package func nanoseconds(since earlier: Self) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }
}
