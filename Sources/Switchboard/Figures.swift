import MediaControl
import RelayTypes

/// What is measured of people's waits, of orders and of workers.
struct Figures {
    /// From the offer, which answers the first `join`, to a media connection.
    var joinToConnected = LatencyHistogram(bounds: LatencyHistogram.people)
    /// From `join` or `next` to a partner.
    var joinToMatched = LatencyHistogram(bounds: LatencyHistogram.people)
    /// From `join` or `next` to the first packet of the partner's media.
    var joinToFirstPacket = LatencyHistogram(bounds: LatencyHistogram.people)
    /// From the fact that leaves no reason to hold, to a gate that is open on the packet path.
    var releaseLatency = LatencyHistogram()
    /// Orders that a worker did not confirm in time.
    var ordersUnconfirmed: UInt64 = 0
    /// Events that have been taken from the workers.
    var eventsTaken: UInt64 = 0
    /// Of each worker.
    private(set) var loads: [WorkerLoad]
    private var sampledAt: MonotonicInstant?
    /// Since when each of the two of a pair has waited for a partner; a place's next pair writes over it, so that
    /// there are never more than places.
    private var waits: [Place: Waits] = [:]

    /// Where a pair lives.
    private struct Place: Hashable {
        let worker: UInt16
        let index: UInt32
    }

    private struct Waits {
        let slot: PairSlot
        let first: MonotonicInstant?
        let second: MonotonicInstant?

        subscript(side: Side) -> MonotonicInstant? { side == .first ? first : second }
    }

    init(workers: Int) { loads = Array(repeating: WorkerLoad(), count: workers) }

    /// Two have met.
    mutating func matched(_ first: Peer, _ second: Peer, in slot: PairSlot?, at now: MonotonicInstant) {
        let since = (first.takeAskedAt(), second.takeAskedAt())
        for asked in [since.0, since.1] {
            if let asked { joinToMatched.record(nanoseconds: now.nanoseconds(since: asked)) }
        }
        guard let slot else { return }
        waits[Place(worker: slot.worker, index: slot.index)] = Waits(
            slot: slot, first: since.0, second: since.1)
    }

    /// The first packet from `sender` has gone to the other one.
    mutating func started(_ slot: PairSlot, from sender: Side, at now: MonotonicInstant) {
        guard let waits = waits[Place(worker: slot.worker, index: slot.index)], waits.slot == slot,
            let since = waits[sender.other]
        else { return }
        joinToFirstPacket.record(nanoseconds: now.nanoseconds(since: since))
    }

    /// Looks how busy the workers are, once a second.
    mutating func sample(_ media: some MediaPlane, at now: MonotonicInstant) {
        if let sampledAt, now.nanoseconds(since: sampledAt) < 1_000_000_000 { return }
        let elapsed = sampledAt.map { now.nanoseconds(since: $0) }
        sampledAt = now
        for worker in loads.indices {
            loads[worker].note(media.load(ofWorker: UInt16(worker)), after: elapsed)
        }
    }
}

/// How busy one worker has been over the last second or so.
struct WorkerLoad {
    /// 0 to 1.
    private(set) var busy: Double = 0
    private(set) var packetsPerSecond: Double = 0
    private var last = WorkerCounters()

    /// - Parameter elapsed: nanoseconds since the last time; `nil` the first time.
    mutating func note(_ now: WorkerCounters, after elapsed: UInt64?) {
        defer { last = now }
        guard let elapsed, elapsed > 0 else { return }
        let busyTime =
            now.busyNanoseconds > last.busyNanoseconds ? now.busyNanoseconds - last.busyNanoseconds : 0
        // What a worker publishes is a turn old: between two looks it can seem to have done a little more.
        busy = min(Double(busyTime) / Double(elapsed), 1)
        packetsPerSecond = Double(now.forwardedPackets &- last.forwardedPackets) * 1e9 / Double(elapsed)
    }
}
