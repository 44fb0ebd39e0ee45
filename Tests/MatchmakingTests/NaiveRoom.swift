import Matchmaking
import RelayTypes

/// The rules of ``WaitingRoom``'s comment, word by word and without an index: the oracle of the random tests.
struct NaiveRoom {
    struct Entry {
        var seeker: Seeker
        let place: Int
        let since: MonotonicInstant
        /// 0 choosy, 1 open, 2 overdue; `nil` while not yet looked at.
        var patience: Int?
    }

    private(set) var entries: [Entry] = []
    private var nextPlace = 0
    private let matchWait: UInt64

    init(matchWait: UInt64) { self.matchWait = matchWait }

    mutating func enter(_ seeker: Seeker, at now: MonotonicInstant) {
        leave(seeker.peer)
        entries.append(Entry(seeker: seeker, place: nextPlace, since: now, patience: nil))
        nextPlace += 1
    }

    mutating func leave(_ peer: PeerID) { entries.removeAll { $0.seeker.peer == peer } }

    mutating func change(_ peer: PeerID, _ body: (inout Seeker) -> Void) {
        for index in entries.indices where entries[index].seeker.peer == peer {
            body(&entries[index].seeker)
            entries[index].patience = nil
        }
    }

    mutating func keepApart(_ one: PeerID, _ other: PeerID) {
        for index in entries.indices {
            if entries[index].seeker.peer == one { entries[index].seeker.avoid.insert(other) }
            if entries[index].seeker.peer == other { entries[index].seeker.avoid.insert(one) }
        }
    }

    mutating func matches(at now: MonotonicInstant) -> [(PeerID, PeerID)] {
        var found: [(PeerID, PeerID)] = []
        while let (due, place) = nextChange(), due <= now { look(at: place, at: due, &found) }
        for place in entries.filter({ $0.patience == nil }).map(\.place).sorted() {
            look(at: place, at: now, &found)
        }
        return found
    }

    /// When and whose patience ends next.
    private func nextChange() -> (due: MonotonicInstant, place: Int)? {
        entries.compactMap { entry -> (due: MonotonicInstant, place: Int)? in
            switch entry.patience {
            case 0: (entry.since.advanced(bySeconds: matchWait), entry.place)
            case 1: (entry.since.advanced(bySeconds: max(10, 4 * matchWait)), entry.place)
            default: nil
            }
        }
        .min { $0 < $1 }
    }

    private mutating func look(at place: Int, at now: MonotonicInstant, _ found: inout [(PeerID, PeerID)]) {
        guard let index = entries.firstIndex(where: { $0.place == place }) else { return }
        var seeker = entries[index]
        seeker.patience = patience(seeker, at: now)
        entries[index] = seeker
        let partners = entries.filter {
            $0.patience != nil && Self.mayMeet(seeker.seeker, $0.seeker) && Self.wouldMeet(seeker, $0)
        }
        guard let best = partners.min(by: { Self.rank($0, for: seeker) < Self.rank($1, for: seeker) }) else {
            return
        }
        let pair = [seeker, best].sorted { $0.place < $1.place }
        found.append((pair[0].seeker.peer, pair[1].seeker.peer))
        leave(seeker.seeker.peer)
        leave(best.seeker.peer)
    }

    func patience(_ entry: Entry, at now: MonotonicInstant) -> Int {
        let waited = now.nanoseconds(since: entry.since) / 1_000_000_000
        if waited >= max(10, 4 * matchWait) { return 2 }
        return entry.seeker.interests.isEmpty || waited >= matchWait ? 1 : 0
    }

    static func mayMeet(_ one: Seeker, _ other: Seeker) -> Bool {
        one.peer != other.peer && one.group == other.group && one.media == other.media
            && one.worker == other.worker && !one.avoid.contains(other.peer)
            && !other.avoid.contains(one.peer)
            && (one.identity == nil || one.identity != other.identity)
    }

    static func wouldMeet(_ one: Entry, _ other: Entry) -> Bool {
        guard let first = one.patience, let second = other.patience else { return false }
        return shared(one.seeker, other.seeker) > 0 || (first > 0 && second > 0) || first == 2 || second == 2
    }

    private static func shared(_ one: Seeker, _ other: Seeker) -> Int {
        Set(one.interests.map { $0.lowercased() }).intersection(other.interests.map { $0.lowercased() }).count
    }

    /// The lower, the better.
    private static func rank(_ partner: Entry, for seeker: Entry) -> (Int, Int, Int, Int, Int) {
        if partner.patience == 2 { return (0, 0, 0, 0, partner.place) }
        let shared = shared(seeker.seeker, partner.seeker)
        let talks = !Set(seeker.seeker.languages).isDisjoint(with: partner.seeker.languages)
        return (1, -shared, shared == 0 && partner.patience == 0 ? 1 : 0, talks ? 0 : 1, partner.place)
    }
}
