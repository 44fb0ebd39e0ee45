internal import RelayTypes

/// One deadline for each slot, packed: scanned whole, and at most every 10 ms.
///
/// A scan of 1,000 slots reads 8 KiB, far less than one packet costs; a heap or a wheel would cost more in code than it
/// saves in time.
internal struct DeadlineTable: ~Copyable {
    /// Timers may be late by this much.
    internal static let resolution: UInt64 = 10_000_000

    private var deadlines: [MonotonicInstant]
    /// No deadline is earlier.
    ///
    /// May be too early after one has been moved: a scan then finds nothing and mends it.
    private var earliest = MonotonicInstant.never
    private var scannedAt = MonotonicInstant(nanoseconds: 0)

    internal init(capacity: Int) {
        deadlines = Array(repeating: .never, count: capacity)
    }

    /// When ``isDue(at:)`` next says yes.
    internal var next: MonotonicInstant {
        if earliest == .never { return .never }
        return max(earliest, scannedAt.advanced(byNanoseconds: Self.resolution))
    }

    internal subscript(index: Int) -> MonotonicInstant { deadlines[index] }

    internal mutating func set(_ index: Int, to deadline: MonotonicInstant) {
        deadlines[index] = deadline
        earliest = min(earliest, deadline)
    }

    internal func isDue(at now: MonotonicInstant) -> Bool { earliest != .never && now >= next }

    /// The first slot at or after `start` that is due.
    internal func firstDue(from start: Int, at now: MonotonicInstant) -> Int? {
        var index = start
        while index < deadlines.count {
            if deadlines[index] <= now { return index }
            index += 1
        }
        return nil
    }

    /// Ends a scan.
    internal mutating func finishScan(at now: MonotonicInstant) {
        scannedAt = now
        earliest = .never
        // Not `min()`: its generic code makes the runtime allocate, once, in the middle of the packets.
        var index = 0
        while index < deadlines.count {
            if deadlines[index] < earliest { earliest = deadlines[index] }
            index += 1
        }
    }
}
