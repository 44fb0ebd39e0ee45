/// How long packets waited on their way, where that decides whether one of them is a leak.
///
/// A packet that was sent before a window opened and comes after it was either let through by a gate that should have
/// been shut, or kept and sent later, or it waited in the server's socket, which no server can know. The last is
/// believed only if packets that nothing was wrong with waited as long at that time.
struct QueueWaits: Sendable {
    /// A packet that was sent longer before its window than ``PairLedger/queueAllowance``.
    struct Doubtful: Sendable {
        var arrival: UInt64
        /// From its sending to its arrival, in nanoseconds.
        var wait: UInt64
    }

    /// More are not believed.
    private static let mostDoubtful = 20_000
    /// The second before and after count too: a queue does not end with the second.
    private static let second: UInt64 = 1_000_000_000

    /// Longest wait of a packet inside its window by the second of its arrival, where it was long.
    private(set) var longest: [UInt64: UInt64] = [:]
    private(set) var doubtful: [Doubtful] = []
    /// Leaks for certain: there were too many to remember.
    private(set) var overflow: UInt64 = 0

    /// A packet inside its window waited for a long time.
    mutating func note(wait: UInt64, at arrival: UInt64) {
        longest[arrival / Self.second, default: 0].raise(to: wait)
    }

    mutating func noteDoubtful(wait: UInt64, at arrival: UInt64) {
        guard doubtful.count < Self.mostDoubtful else { return overflow &+= 1 }
        doubtful.append(Doubtful(arrival: arrival, wait: wait))
    }

    mutating func add(_ other: QueueWaits) {
        for (second, wait) in other.longest { longest[second, default: 0].raise(to: wait) }
        doubtful += other.doubtful
        overflow &+= other.overflow
    }

    /// How many of the doubtful nothing explains: leaks.
    var leaks: UInt64 {
        doubtful.reduce(into: overflow) { sum, packet in
            let second = packet.arrival / Self.second
            let waits = [second &- 1, second, second &+ 1].compactMap { longest[$0] }
            // A quarter more: the packets that are compared with did not wait in the same place of the queue.
            let believed = (waits.max() ?? 0) / 4 &* 5
            if packet.wait > believed { sum &+= 1 }
        }
    }
}

extension UInt64 {
    fileprivate mutating func raise(to other: UInt64) { if other > self { self = other } }
}
