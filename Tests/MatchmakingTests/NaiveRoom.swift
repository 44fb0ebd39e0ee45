import Matchmaking
import RelayTypes

/// The rules of ``WaitingRoom``'s comment, word by word and without an index: the oracle of the random tests.
struct NaiveRoom {
    struct Entry {
        var seeker: Seeker
        let place: Int
        let since: MonotonicInstant
        /// 0 choosy, 1 open, 2 roaming, 3 overdue; `nil` while not yet looked at.
        var patience: Int?
    }

    /// Two who meet, and whose leg must be moved where to; `nil` where both live on one worker.
    struct Found: Equatable {
        let first: PeerID
        let second: PeerID
        let move: Moving?
    }

    struct Moving: Equatable {
        let peers: Set<PeerID>
        let worker: UInt16
    }

    private(set) var entries: [Entry] = []
    private(set) var open: Set<UInt16> = []
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

    mutating func setOpen(_ workers: Set<UInt16>) {
        if workers.contains(where: { !open.contains($0) }) {
            for index in entries.indices where (entries[index].patience ?? 0) >= 2 {
                entries[index].patience = nil
            }
        }
        open = workers
    }

    mutating func keepApart(_ one: PeerID, _ other: PeerID) {
        for index in entries.indices {
            if entries[index].seeker.peer == one { entries[index].seeker.avoid.insert(other) }
            if entries[index].seeker.peer == other { entries[index].seeker.avoid.insert(one) }
        }
    }

    mutating func matches(at now: MonotonicInstant) -> [Found] {
        var found: [Found] = []
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
            case 0, 1: (entry.since.advanced(bySeconds: matchWait), entry.place)
            case 2: (entry.since.advanced(bySeconds: max(10, 4 * matchWait)), entry.place)
            default: nil
            }
        }
        .min { $0 < $1 }
    }

    private mutating func look(at place: Int, at now: MonotonicInstant, _ found: inout [Found]) {
        guard let index = entries.firstIndex(where: { $0.place == place }) else { return }
        var seeker = entries[index]
        seeker.patience = patience(seeker, at: now)
        entries[index] = seeker
        let partners = entries.filter {
            $0.patience != nil && Self.mayMeet(seeker.seeker, $0.seeker) && wouldMeet(seeker, $0)
        }
        guard
            let best = partners.min(by: {
                Self.rank($0, for: seeker).lexicographicallyPrecedes(Self.rank($1, for: seeker))
            })
        else {
            return
        }
        let pair = [seeker, best].sorted { $0.place < $1.place }
        found.append(
            Found(
                first: pair[0].seeker.peer, second: pair[1].seeker.peer,
                move: move(pair[0].seeker, pair[1].seeker)))
        leave(seeker.seeker.peer)
        leave(best.seeker.peer)
    }

    func patience(_ entry: Entry, at now: MonotonicInstant) -> Int {
        let waited = now.nanoseconds(since: entry.since) / 1_000_000_000
        if waited >= max(10, 4 * matchWait) { return 3 }
        if waited >= matchWait { return 2 }
        return entry.seeker.interests.isEmpty ? 1 : 0
    }

    /// The first that can be done of: the one on the higher worker, the one on the lower, both.
    private func move(_ one: Seeker, _ other: Seeker) -> Moving? {
        guard one.worker != other.worker else { return nil }
        let pair = [one, other].sorted { $0.worker < $1.worker }
        var ways = [
            Moving(peers: [pair[1].peer], worker: pair[0].worker),
            Moving(peers: [pair[0].peer], worker: pair[1].worker),
        ]
        ways += open.sorted().map { Moving(peers: [one.peer, other.peer], worker: $0) }
        return ways.first { way in
            open.contains(way.worker) && pair.allSatisfy { !$0.isFixed || !way.peers.contains($0.peer) }
        }
    }

    static func mayMeet(_ one: Seeker, _ other: Seeker) -> Bool {
        one.peer != other.peer && one.group == other.group && one.media == other.media
            && !one.avoid.contains(other.peer) && !other.avoid.contains(one.peer)
            && (one.identity == nil || one.identity != other.identity)
    }

    func wouldMeet(_ one: Entry, _ other: Entry) -> Bool {
        guard let first = one.patience, let second = other.patience else { return false }
        if one.seeker.worker != other.seeker.worker {
            guard first >= 2 || second >= 2, move(one.seeker, other.seeker) != nil else { return false }
        }
        return Self.shared(one.seeker, other.seeker) > 0 || (first > 0 && second > 0) || first == 3
            || second == 3
    }

    private static func shared(_ one: Seeker, _ other: Seeker) -> Int {
        Set(one.interests.map { $0.lowercased() }).intersection(other.interests.map { $0.lowercased() }).count
    }

    /// The lower, the better.
    private static func rank(_ partner: Entry, for seeker: Entry) -> [Int] {
        let elsewhere = partner.seeker.worker == seeker.seeker.worker ? 0 : 1
        if partner.patience == 3 { return [0, 0, 0, 0, elsewhere, partner.place] }
        let shared = shared(seeker.seeker, partner.seeker)
        let talks = !Set(seeker.seeker.languages).isDisjoint(with: partner.seeker.languages)
        return [
            1, -shared, shared == 0 && partner.patience == 0 ? 1 : 0, talks ? 0 : 1, elsewhere, partner.place,
        ]
    }
}
