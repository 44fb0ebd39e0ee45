import RelayTypes
import Signalling
import Storage

/// What people are to be told of decisions once they are back: found by their account or page, or, for a reporter, by the
/// receipt of a pair.
///
/// The records hold the same, so that it outlives a restart.
struct UntoldBox {
    struct Key: Hashable {
        let report: ReportID
        let role: UntoldWord.Role
    }

    /// One message, and what it is about.
    struct Word {
        let key: Key
        let decision: DecisionID
        let message: ServerMessage
    }

    private struct Place: Hashable {
        let pair: PairID
        let side: Side
    }

    /// Most words that wait.
    static let capacity = 20_000

    private var byMark: ExpiringTable<BanMark, [Key]>
    private var byPlace: ExpiringTable<Place, [Key]>
    private var words: ExpiringTable<Key, Word>

    /// - Parameter lifetime: in seconds.
    init(lifetime: UInt64) {
        byMark = ExpiringTable(lifetime: lifetime, capacity: 2 * Self.capacity)
        byPlace = ExpiringTable(lifetime: lifetime, capacity: Self.capacity)
        words = ExpiringTable(lifetime: lifetime, capacity: Self.capacity)
    }

    /// Keeps the latest word on a report for one of the two.
    mutating func put(_ message: ServerMessage, for untold: UntoldWord, at now: MonotonicInstant) {
        let key = Key(report: untold.report, role: untold.role)
        words.set(
            key, to: Word(key: key, decision: untold.decision.id, message: message), at: now)
        for mark in untold.marks where mark.handle != .address {
            byMark.set(mark, to: (byMark[mark] ?? []).filter { $0 != key } + [key], at: now)
        }
        if let pair = untold.pair, let side = untold.side {
            let place = Place(pair: pair, side: side)
            byPlace.set(place, to: (byPlace[place] ?? []).filter { $0 != key } + [key], at: now)
        }
    }

    mutating func remove(_ key: Key) { words.remove(key) }

    /// What somebody with these handles has not been told yet.
    mutating func take(for handles: BanHandles) -> [Word] {
        take(
            handles.all.flatMap { mark -> [Key] in
                defer { byMark.remove(mark) }
                return byMark[mark] ?? []
            })
    }

    /// What the holder of a side's receipt has not been told yet.
    mutating func take(for pair: PairID, _ side: Side) -> [Word] {
        let place = Place(pair: pair, side: side)
        defer { byPlace.remove(place) }
        return take(byPlace[place] ?? [])
    }

    private mutating func take(_ keys: [Key]) -> [Word] {
        keys.compactMap { key in
            defer { words.remove(key) }
            return words[key]
        }
    }

    mutating func forget(at now: MonotonicInstant) {
        byMark.forget(at: now)
        byPlace.forget(at: now)
        words.forget(at: now)
    }
}
