import RelayTypes

/// Values that are kept for a while; where they become too many, the oldest go first.
///
/// All of one table are kept for the same time, so that they end in the order in which they came.
struct ExpiringTable<Key: Hashable, Value> {
    private struct Entry {
        let value: Value
        let cost: Int
        let until: MonotonicInstant
        let serial: UInt64
    }

    private let lifetime: UInt64
    private let capacity: Int
    private let costLimit: Int
    private var entries: [Key: Entry] = [:]
    /// Oldest first, with what has been replaced since.
    private var order: [(key: Key, serial: UInt64)] = []
    private var start = 0
    private var serial: UInt64 = 0
    private(set) var cost = 0

    /// - Parameters:
    ///   - lifetime: in seconds.
    ///   - capacity: most values.
    ///   - costLimit: most of what they cost together.
    init(lifetime: UInt64, capacity: Int, costLimit: Int = .max) {
        self.lifetime = lifetime
        self.capacity = capacity
        self.costLimit = costLimit
    }

    var count: Int { entries.count }

    subscript(key: Key) -> Value? { entries[key]?.value }

    mutating func set(_ key: Key, to value: Value, cost added: Int = 0, at now: MonotonicInstant) {
        remove(key)
        serial += 1
        entries[key] = Entry(
            value: value, cost: added, until: now.advanced(bySeconds: lifetime), serial: serial)
        order.append((key, serial))
        cost += added
        forget(at: now)
    }

    mutating func remove(_ key: Key) {
        if let entry = entries.removeValue(forKey: key) { cost -= entry.cost }
    }

    /// Drops what has been kept for long enough, and what is too much.
    mutating func forget(at now: MonotonicInstant) {
        while start < order.count {
            let (key, serial) = order[start]
            if let entry = entries[key], entry.serial == serial {
                guard entries.count > capacity || cost > costLimit || entry.until <= now else { break }
                remove(key)
            }
            start += 1
        }
        if start > 1_024, start > order.count / 2 {
            order.removeFirst(start)
            start = 0
        }
    }
}
