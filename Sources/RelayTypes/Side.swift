/// One of the two peers of a pair.
@usableFromInline package enum Side: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case first = 0
    case second = 1

    /// The partner's side.
    @inlinable package var other: Side {
        switch self {
        case .first: .second
        case .second: .first
        }
    }

    /// 0 or 1, for tables.
    ///
    /// A raw value and `==` would be calls into this module.
    @inlinable package var index: Int {
        switch self {
        case .first: 0
        case .second: 1
        }
    }
}
