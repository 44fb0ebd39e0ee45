package import RelayTypes

/// Packets by the reason why they went no further: fixed size, so that counting never allocates.
package struct DropCounts: Sendable, BitwiseCopyable {
    /// More than there are reasons.
    package static let capacity = 32
    private var cells = InlineArray<32, UInt64>(repeating: 0)

    package init() {}

    @inline(__always)
    package subscript(reason: DropReason) -> UInt64 { cells[Int(reason.rawValue & 31)] }

    /// Counts in place: a setter would write the whole table back.
    @inline(__always)
    package mutating func add(_ reason: DropReason, count: UInt64 = 1) {
        cells[Int(reason.rawValue & 31)] &+= count
    }

    /// The counts that are not 0.
    ///
    /// Allocates: for reports.
    package var byReason: [DropReason: UInt64] {
        var result: [DropReason: UInt64] = [:]
        for reason in DropReason.allCases where self[reason] > 0 { result[reason] = self[reason] }
        return result
    }
}
