internal import RelayTypes

/// The order of arrival: the lower, the longer has a peer waited.
typealias Place = UInt64

/// How much a waiting peer still asks for.
enum Patience: Comparable {
    /// Has interests, and waits for somebody who shares one.
    case choosy
    /// Takes anybody of the group who is not choosy.
    case open
    /// Open, and has waited long enough for a leg to be moved to another worker.
    case roaming
    /// Has waited so long that choosy peers must do, too.
    case overdue
}

/// One seeker in the room, with what matching needs to know of it.
struct Waiting {
    var seeker: Seeker {
        didSet { prepare() }
    }
    let place: Place
    let since: MonotonicInstant
    /// Each interest once, in the seeker's order; `spelling` is as the seeker wrote it.
    private(set) var interests: [(key: InterestKey, spelling: String)] = []
    /// First subtags of the languages, each once.
    private(set) var languages: [String] = []
    /// As what the hall knows it, or `nil` while it has not been looked at since it came or changed.
    var shelvedAs: Patience?
    /// As what it was looked at last.
    var patience = Patience.choosy
    /// When its patience next changes by itself, or `nil` for never.
    var nextChange: MonotonicInstant?

    init(_ seeker: Seeker, place: Place, since: MonotonicInstant) {
        self.seeker = seeker
        self.place = place
        self.since = since
        prepare()
    }

    private mutating func prepare() {
        var keys: Set<InterestKey> = []
        interests = seeker.interests.compactMap { spelling in
            guard let key = InterestKey(spelling), keys.insert(key).inserted else { return nil }
            return (key, spelling)
        }
        var known: Set<String> = []
        languages = seeker.languages.compactMap { tag in
            guard let first = tag.lowercased().split(separator: "-").first.map(String.init) else {
                return nil
            }
            return known.insert(first).inserted ? first : nil
        }
    }

    /// Whether the two may meet at all, given that they are in halls of one ``HallKey``.
    func mayMeet(_ other: Waiting) -> Bool {
        if seeker.peer == other.seeker.peer { return false }
        if let identity = seeker.identity, identity == other.seeker.identity { return false }
        return !seeker.avoid.contains(other.seeker.peer) && !other.seeker.avoid.contains(seeker.peer)
    }

    func sharesLanguage(with other: Waiting) -> Bool {
        languages.contains { other.languages.contains($0) }
    }

    /// What both are interested in, as this seeker wrote it.
    func sharedInterests(with other: Waiting) -> [String] {
        interests.filter { own in other.interests.contains { $0.key == own.key } }.map(\.spelling)
    }
}
