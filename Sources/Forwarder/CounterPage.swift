package import MediaControl
package import RelayCore
internal import RelayTypes
internal import Synchronization

/// A worker's counters where others can read them: one writer, relaxed stores, once a batch.
///
/// The page has cache lines of its own, so that nobody's reading slows another worker down.
package final class CounterPage: @unchecked Sendable {
    // Unchecked: the pointer never changes, and what it points to are atomics.

    private static let plain = 7
    private static let count = plain + DropReason.allCases.count

    private let memory: UnsafeMutableRawPointer
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    package init() {
        let size = (Self.count * MemoryLayout<Atomic<UInt64>>.stride + 127) / 128 * 128
        memory = .allocate(byteCount: size, alignment: 128)
        cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Self.count)
        for index in 0..<Self.count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: Self.count)
        memory.deallocate()
    }

    /// Called by the worker only.
    package func publish(_ counters: RelayCounters) {
        cells[0].store(counters.receivedPackets, ordering: .relaxed)
        cells[1].store(counters.receivedBytes, ordering: .relaxed)
        cells[2].store(counters.forwardedPackets, ordering: .relaxed)
        cells[3].store(counters.forwardedBytes, ordering: .relaxed)
        cells[4].store(counters.handshakesCompleted, ordering: .relaxed)
        cells[5].store(counters.handshakesFailed, ordering: .relaxed)
        cells[6].store(turns &+ 1, ordering: .relaxed)
        for index in 0..<(Self.count - Self.plain) {
            guard let reason = DropReason(rawValue: UInt8(truncatingIfNeeded: index)) else { continue }
            cells[Self.plain + index].store(counters.dropped[reason], ordering: .relaxed)
        }
    }

    /// How often the worker has published: once a turn.
    ///
    /// Called by anybody.
    package var turns: UInt64 { cells[6].load(ordering: .relaxed) }

    /// Adds this worker's counts to `totals`.
    ///
    /// Called by anybody.
    package func add(to totals: inout MediaCounters) {
        func value(_ index: Int) -> UInt64 { cells[index].load(ordering: .relaxed) }
        totals.receivedPackets &+= value(0)
        totals.receivedBytes &+= value(1)
        totals.forwardedPackets &+= value(2)
        totals.forwardedBytes &+= value(3)
        totals.handshakesCompleted &+= value(4)
        totals.handshakesFailed &+= value(5)
        for reason in DropReason.allCases {
            let count = value(Self.plain + Int(reason.rawValue))
            if count > 0 { totals.droppedPackets[reason, default: 0] &+= count }
        }
    }
}
