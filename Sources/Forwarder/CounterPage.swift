package import MediaControl
package import RelayCore
internal import RelayTypes
internal import Synchronization

/// A worker's counters where others can read them: one writer, relaxed stores, once a batch.
///
/// The page has cache lines of its own, so that nobody's reading slows another worker down.
package final class CounterPage: @unchecked Sendable {
    // Unchecked: the pointer never changes, and what it points to are atomics.

    /// What has a cell of its own, before the tables.
    private enum Cell: Int, CaseIterable { case turns, completed, failed, busy, handshakes }

    /// The cells of ``RelayCore/TrafficCounts`` that each table uses: packets and bytes of one kind after the other.
    private static let receivedCells = cells(of: .audio, through: .other)
    private static let forwardedCells = cells(of: .audio, through: .rtcp)
    private static let sentCells = cells(of: .rtcp, through: .dtls)
    private static let received = Cell.allCases.count
    private static let forwarded = received + receivedCells.count
    private static let sent = forwarded + forwardedCells.count
    private static let drops = sent + sentCells.count
    private static let dropCount = DropReason.allCases.count
    private static let count = drops + dropCount

    private static func cells(of first: TrafficKind, through last: TrafficKind) -> Range<Int> {
        Int(first.rawValue) * 2..<Int(last.rawValue) * 2 + 2
    }

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
    ///
    /// - Parameters:
    ///   - busy: how long the worker has been awake, in nanoseconds.
    ///   - handshakes: DTLS datagrams that wait for their turn.
    package func publish(_ counters: RelayCounters, busy: UInt64, handshakes: Int) {
        set(.completed, counters.handshakesCompleted)
        set(.failed, counters.handshakesFailed)
        set(.busy, busy)
        set(.handshakes, UInt64(truncatingIfNeeded: handshakes))
        publish(counters.received, Self.receivedCells, at: Self.received)
        publish(counters.forwarded, Self.forwardedCells, at: Self.forwarded)
        publish(counters.sent, Self.sentCells, at: Self.sent)
        for index in 0..<Self.dropCount {
            guard let reason = DropReason(rawValue: UInt8(truncatingIfNeeded: index)) else { continue }
            cells[Self.drops + index].store(counters.dropped[reason], ordering: .relaxed)
        }
        set(.turns, turns &+ 1)
    }

    private func publish(_ counts: TrafficCounts, _ range: Range<Int>, at start: Int) {
        for cell in range.lowerBound..<range.upperBound {
            cells[start &+ cell &- range.lowerBound].store(counts.cell(cell), ordering: .relaxed)
        }
    }

    /// How often the worker has published: once a turn.
    ///
    /// Called by anybody.
    package var turns: UInt64 { value(.turns) }

    /// Adds this worker's counts to `totals`.
    ///
    /// Called by anybody.
    package func add(to totals: inout MediaCounters) {
        totals.handshakesCompleted &+= value(.completed)
        totals.handshakesFailed &+= value(.failed)
        add(Self.receivedCells, from: Self.received, to: &totals.received)
        add(Self.forwardedCells, from: Self.forwarded, to: &totals.forwarded)
        add(Self.sentCells, from: Self.sent, to: &totals.sent)
        // RTCP that went on is among what was sent already: it leaves by the same queue as the server's own.
        for kind in [TrafficKind.audio, .video, .retransmission] {
            guard let traffic = traffic(kind, Self.forwardedCells, from: Self.forwarded) else { continue }
            totals.sent[kind, default: Traffic()] = totals.sent[kind, default: Traffic()] + traffic
        }
        for reason in DropReason.allCases {
            let count = cells[Self.drops + Int(reason.rawValue)].load(ordering: .relaxed)
            if count > 0 { totals.droppedPackets[reason, default: 0] &+= count }
        }
    }

    /// Fills in what this page knows of the worker's load.
    ///
    /// Called by anybody.
    package func read(into load: inout WorkerCounters) {
        load.forwardedPackets = TrafficKind.allCases.reduce(0) {
            $0 &+ (traffic($1, Self.forwardedCells, from: Self.forwarded)?.packets ?? 0)
        }
        load.busyNanoseconds = value(.busy)
        load.waitingHandshakes = Int(truncatingIfNeeded: value(.handshakes))
    }

    private func set(_ cell: Cell, _ value: UInt64) { cells[cell.rawValue].store(value, ordering: .relaxed) }

    private func value(_ cell: Cell) -> UInt64 { cells[cell.rawValue].load(ordering: .relaxed) }

    private func add(_ range: Range<Int>, from start: Int, to table: inout [TrafficKind: Traffic]) {
        for kind in TrafficKind.allCases {
            guard let traffic = traffic(kind, range, from: start) else { continue }
            table[kind, default: Traffic()] = table[kind, default: Traffic()] + traffic
        }
    }

    /// - Returns: `nil` where there is none.
    private func traffic(_ kind: TrafficKind, _ range: Range<Int>, from start: Int) -> Traffic? {
        let cell = Int(kind.rawValue) * 2
        guard range.contains(cell) else { return nil }
        let place = start + cell - range.lowerBound
        let packets = cells[place].load(ordering: .relaxed)
        guard packets > 0 else { return nil }
        return Traffic(packets: packets, bytes: cells[place + 1].load(ordering: .relaxed))
    }
}
