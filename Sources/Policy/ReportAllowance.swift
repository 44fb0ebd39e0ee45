package import RelayTypes

/// How many reports of one source may be written down: so many at once, and so many an hour in the long run.
///
/// What is over still cuts. Keeps one instant for each key: the time until which its allowance is used up (the
/// generic cell rate algorithm, ITU-T I.371 annex A).
package struct ReportAllowance<Key: Hashable & Sendable>: Sendable {
    private static var hour: UInt64 { 3_600_000_000_000 }
    /// Most keys; beyond that those with the most left are forgotten first.
    private static var capacity: Int { 100_000 }

    /// In nanoseconds; 0: no limit.
    private var interval: UInt64
    private var usedUntil: [Key: MonotonicInstant] = [:]

    /// - Parameter perHour: 0: no limit.
    package init(perHour: Int) { interval = Self.interval(perHour) }

    /// Allows another number from now on; what has been taken stays taken.
    package mutating func allow(perHour: Int) { interval = Self.interval(perHour) }

    private static func interval(_ perHour: Int) -> UInt64 { perHour > 0 ? hour / UInt64(perHour) : 0 }

    /// Takes one from each key.
    ///
    /// - Returns: `false` where one of them has none left; then none is taken.
    package mutating func take(_ keys: Set<Key>, at now: MonotonicInstant) -> Bool {
        guard interval > 0 else { return true }
        for key in keys {
            let used = max(usedUntil[key] ?? now, now).advanced(byNanoseconds: interval)
            guard used.nanoseconds(since: now) <= Self.hour else { return false }
        }
        for key in keys {
            usedUntil[key] = max(usedUntil[key] ?? now, now).advanced(byNanoseconds: interval)
        }
        if usedUntil.count > Self.capacity { forget(at: now) }
        return true
    }

    /// How many keys are kept.
    package var count: Int { usedUntil.count }

    private mutating func forget(at now: MonotonicInstant) {
        usedUntil = usedUntil.filter { $0.value > now }
        guard usedUntil.count > Self.capacity else { return }
        let latest = usedUntil.values.sorted()[usedUntil.count / 2]
        usedUntil = usedUntil.filter { $0.value > latest }
    }
}
