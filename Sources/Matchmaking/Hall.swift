internal import RelayTypes

/// Who may be matched with whom: only peers of halls with one key, of which each worker has its own.
struct HallKey: Hashable {
    let group: MatchGroup
    let media: Seeker.Media

    init(_ seeker: Seeker) {
        group = seeker.group
        media = seeker.media
    }
}

/// Places in order of arrival.
struct Line {
    private(set) var places: [Place] = []

    var isEmpty: Bool { places.isEmpty }

    /// - Complexity: constant for one who came last, which is the rule.
    mutating func insert(_ place: Place) { places.insert(place, at: position(of: place)) }

    mutating func remove(_ place: Place) {
        let position = position(of: place)
        if position < places.count, places[position] == place { places.remove(at: position) }
    }

    /// The first position whose place is not before `place`, by binary search.
    private func position(of place: Place) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Those in a hall who ask for equally much, together and by language.
struct Shelf {
    private(set) var everyone = Line()
    private(set) var byLanguage: [String: Line] = [:]

    mutating func insert(_ waiting: Waiting) {
        everyone.insert(waiting.place)
        for language in waiting.languages { byLanguage[language, default: Line()].insert(waiting.place) }
    }

    mutating func remove(_ waiting: Waiting) {
        everyone.remove(waiting.place)
        for language in waiting.languages { byLanguage.remove(waiting.place, under: language) }
    }
}

/// The indexes over those of one worker who may be matched with one another.
///
/// Between two calls of ``WaitingRoom/matches(at:)`` no two in one hall both may meet and would: whoever could be
/// matched has been. So those in one line of `byInterest`, or on the `open` shelf, keep one another apart by their
/// avoid lists, and there are few of them however many wait.
struct Hall {
    private(set) var byInterest: [InterestKey: Line] = [:]
    private(set) var choosy = Shelf()
    /// The overdue are here too.
    private(set) var open = Shelf()
    private(set) var overdue = Line()

    var isEmpty: Bool { choosy.everyone.isEmpty && open.everyone.isEmpty }

    mutating func insert(_ waiting: Waiting, as patience: Patience) {
        for (key, _) in waiting.interests { byInterest[key, default: Line()].insert(waiting.place) }
        if patience == .choosy { choosy.insert(waiting) } else { open.insert(waiting) }
        if patience == .overdue { overdue.insert(waiting.place) }
    }

    mutating func remove(_ waiting: Waiting) {
        for (key, _) in waiting.interests { byInterest.remove(waiting.place, under: key) }
        if waiting.shelvedAs == .choosy { choosy.remove(waiting) } else { open.remove(waiting) }
        if waiting.shelvedAs == .overdue { overdue.remove(waiting.place) }
    }
}

extension Dictionary where Value == Line {
    /// Leaves no empty line behind: interests come and go, and nobody shall fill memory with them.
    fileprivate mutating func remove(_ place: Place, under key: Key) {
        self[key]?.remove(place)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
