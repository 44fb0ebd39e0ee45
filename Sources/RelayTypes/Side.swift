/// One of the two peers of a pair.
package enum Side: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case first = 0
    case second = 1

    /// The partner's side.
    package var other: Side { self == .first ? .second : .first }
}
