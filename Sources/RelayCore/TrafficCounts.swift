package import RelayTypes

/// Datagrams and their bytes by kind: fixed size, so that counting never allocates.
package struct TrafficCounts: Sendable, BitwiseCopyable {
    /// Packets and bytes side by side, so that one packet touches one cache line.
    private var cells = InlineArray<16, UInt64>(repeating: 0)

    package init() {}

    @inline(__always)
    package mutating func add(_ kind: TrafficKind, bytes: Int) {
        let place = Int(kind.rawValue & 7) &* 2
        cells[place] &+= 1
        cells[place &+ 1] &+= UInt64(truncatingIfNeeded: max(bytes, 0))
    }

    /// Packets and bytes of the first kind, then of the next: for publishing.
    @inline(__always)
    package func cell(_ index: Int) -> UInt64 { cells[index & 15] }

    /// Packets of every kind.
    package var packets: UInt64 { TrafficKind.allCases.reduce(0) { $0 &+ packets($1) } }

    @inline(__always)
    package func packets(_ kind: TrafficKind) -> UInt64 { cells[Int(kind.rawValue & 7) &* 2] }

    @inline(__always)
    package func bytes(_ kind: TrafficKind) -> UInt64 { cells[Int(kind.rawValue & 7) &* 2 &+ 1] }
}
