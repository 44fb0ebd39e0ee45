import MediaControl
import RelayTypes

/// What has happened to each peer and each pair, for whoever asks why: in memory only, and bounded.
///
/// Of one peer or pair the first ``firstKept`` entries and the latest are kept, ``mostEntries`` together: how it began,
/// and how it ended. What has ended is kept for 24 h, or until all together cost more than ``mostBytes``: then the
/// oldest that have ended go first. Where nothing has ended, whoever adds an entry loses one, down to ``fewestEntries``.
/// So all of it costs at most `mostBytes` and ``fewestEntries`` for each live peer and pair. What an entry costs is
/// estimated by its `cost`; adding one moves at most ``mostEntries`` entries.
struct EventJournal {
    enum Key: Hashable {
        case peer(PeerID)
        case pair(PairID)
    }

    /// What is known of one peer or pair.
    struct Record {
        /// Oldest first.
        fileprivate(set) var entries: [NotedEvent] = []
        /// How many entries are missing after the first ``firstKept``.
        fileprivate(set) var leftOut = 0
        /// Of a peer: its latest pairs, oldest first.
        fileprivate(set) var pairs: [PairID] = []
        /// Of a pair: what became of its packets, when it ended.
        fileprivate(set) var tally: PairTally?
        fileprivate(set) var hasEnded = false
        fileprivate var cost = 0
    }

    struct Limits {
        /// Of one peer or pair.
        var mostEntries = 128
        var firstKept = 24
        /// What a live one keeps, however full the journal is.
        var fewestEntries = 8
        /// Pairs that are remembered with a peer.
        var mostPairs = 32
        /// Of everything together.
        var mostBytes = 96 * 1_024 * 1_024
        /// Peers and pairs that have ended.
        var mostEnded = 200_000
        /// In seconds, from the end.
        var lifetime: UInt64 = 86_400
    }

    private let limits: Limits
    private var records: [Key: Record] = [:]
    /// In the order in which they ended.
    private var ended: [(key: Key, at: MonotonicInstant)] = []
    private var start = 0
    private(set) var cost = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    subscript(key: Key) -> Record? { records[key] }

    var count: Int { records.count }

    /// Begins a record.
    ///
    /// Events of those that have none are not kept: their time was up.
    mutating func open(_ key: Key) {
        if records[key] == nil { records[key] = Record() }
    }

    /// Remembers with a peer that it was in a pair.
    mutating func add(_ pair: PairID, to peer: PeerID) {
        guard var record = records.removeValue(forKey: .peer(peer)) else { return }
        if record.pairs.count == limits.mostPairs { record.pairs.removeFirst() }
        record.pairs.append(pair)
        records[.peer(peer)] = record
    }

    /// Remembers what became of a pair's packets.
    mutating func set(_ tally: PairTally, of pair: PairID) { records[.pair(pair)]?.tally = tally }

    mutating func add(_ event: NotedEvent, at now: MonotonicInstant) {
        switch event.subject {
        case .peer(let peer): add(event, to: .peer(peer))
        case .pair(let pair, _, _): add(event, to: .pair(pair))
        case .server: break
        }
        forget(at: now)
    }

    private mutating func add(_ event: NotedEvent, to key: Key) {
        // Taken out, so that the list is changed in place.
        guard var record = records.removeValue(forKey: key) else { return }
        let isFull = cost > limits.mostBytes && ended.count == start
        var most = isFull ? limits.fewestEntries : limits.mostEntries
        if isFull { most = max(most, min(record.entries.count, limits.mostEntries)) }
        if record.entries.count >= most {
            let gone = record.entries.remove(at: min(limits.firstKept, record.entries.count / 2))
            record.leftOut += 1
            record.cost -= gone.cost
            cost -= gone.cost
        }
        record.entries.append(event)
        record.cost += event.cost
        cost += event.cost
        records[key] = record
    }

    /// A peer or pair has ended: its time begins to run.
    mutating func end(_ key: Key, at now: MonotonicInstant) {
        guard records[key]?.hasEnded == false else { return }
        records[key]?.hasEnded = true
        ended.append((key, now))
        forget(at: now)
    }

    /// Drops what has been kept for long enough, and what is too much.
    mutating func forget(at now: MonotonicInstant) {
        while start < ended.count {
            let (key, at) = ended[start]
            let isOver = cost > limits.mostBytes || ended.count - start > limits.mostEnded
            guard isOver || at.advanced(bySeconds: limits.lifetime) <= now else { break }
            if let record = records.removeValue(forKey: key) { cost -= record.cost }
            start += 1
        }
        if start > 1_024, start > ended.count / 2 {
            ended.removeFirst(start)
            start = 0
        }
    }
}

/// The latest events of all, as many as a subscriber's queue has room for.
struct RecentEvents {
    private var ring: [NotedEvent] = []
    /// Where the oldest is, once the ring is full.
    private var start = 0

    mutating func add(_ event: NotedEvent) {
        guard ring.count == EventQueue.most else { return ring.append(event) }
        ring[start] = event
        start = (start + 1) % ring.count
    }

    /// - Returns: the events after a number, oldest first, and how many there were before them that are gone.
    func events(after number: UInt64) -> (events: [NotedEvent], missing: Int) {
        let all = ring[start...] + ring[..<start]
        guard let first = all.first else { return ([], 0) }
        let missing = first.number > number + 1 ? first.number - number - 1 : 0
        return (all.filter { $0.number > number }, Int(clamping: missing))
    }
}
