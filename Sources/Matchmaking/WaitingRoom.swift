package import RelayTypes

/// Decides who meets whom (PROTOCOL.md section 2; ``Seeker``).
///
/// **May meet.** Two peers of the same group and media, not the same peer, not of the same identity, and neither on
/// the other's avoid list. Nothing below loosens this.
///
/// **Patience.** A seeker who names interests is *choosy* for `matchWait` after it came. Else, and without
/// interests from the start, it is *open*. After `matchWait` everybody is open, and *roams*. After four times
/// `matchWait`, and at least 10 s, it is *overdue*, and still roams.
///
/// **Would meet.** Two who may meet also would when they share an interest, when both are open, or when one is
/// overdue. So somebody with interests is given to a stranger to them only after `matchWait`, somebody without
/// interests meets the like at once, and nobody waits for ever because all newcomers are choosy. Two on different
/// workers would only when one of them roams and a ``Move`` can bring them together: moving costs a handshake, and
/// within `matchWait` somebody on the same worker may do.
///
/// **Who gets whom.** Whoever loses patience, comes or changes is looked at, one at a time: first those whom the clock
/// has changed, in order of time, then the others, longest waiting first. Each gets the best of those in the room: an
/// overdue one before all; then most shared interests; then a language in common (one is enough to talk); then whoever
/// has waited longest. Where no interest is shared, one who is not choosy goes before one who is. Of those who are
/// equally good one on the same worker goes before all others: nobody is moved for a partner who is no better.
///
/// Two promises follow. After ``matches(at:)`` nobody is left who would meet somebody else who is left. And of two who
/// ask for the same and are the same to everybody else, the one who came first is matched first. (Who changes what
/// it asks for keeps its place, and counts from then on.)
///
/// Pure and deterministic. One arrival costs a few lookups, however many wait: see ``Hall``.
package struct WaitingRoom: Sendable {
    /// How many of the latest partners a peer does not meet again.
    package let avoidRecent: Int
    /// Pairs of seekers that were compared so far: what matching costs.
    package private(set) var comparisons: UInt64 = 0

    /// In seconds.
    private let matchWait: UInt64
    /// In seconds.
    private let overdueAfter: UInt64
    private var waiting: [Place: Waiting] = [:]
    private var places: [PeerID: Place] = [:]
    /// By worker.
    private var halls: [HallKey: [UInt16: Hall]] = [:]
    /// Workers that have room for another leg.
    private var open: Set<UInt16> = []
    private var alarms = Alarms()
    /// Who came or changed since the last ``matches(at:)``; in no hall yet.
    private var unshelved: Set<Place> = []
    private var nextPlace: Place = 0

    /// - Parameters:
    ///   - matchWait: how long somebody waits for a shared interest, in seconds; 0 means that nobody does.
    ///   - avoidRecent: how many of its latest partners a peer does not meet again.
    package init(matchWait: UInt64, avoidRecent: Int) {
        self.matchWait = matchWait
        self.avoidRecent = max(0, avoidRecent)
        let (fourfold, overflow) = matchWait.multipliedReportingOverflow(by: 4)
        overdueAfter = overflow ? .max : max(10, fourfold)
    }

    // MARK: Who is in the room

    /// How many wait.
    package var count: Int { waiting.count }

    package func contains(_ peer: PeerID) -> Bool { places[peer] != nil }

    /// An empty memory for one peer, to be kept as long as the peer, for ``Seeker/avoid``.
    package func partnerMemory() -> PartnerMemory { PartnerMemory(recent: avoidRecent) }

    /// When ``matches(at:)`` may give more though nobody comes or changes, or `nil` for never.
    package var deadline: MonotonicInstant? {
        unshelved.isEmpty ? alarms.first?.due : MonotonicInstant(nanoseconds: 0)
    }

    /// Somebody comes, last in the order.
    ///
    /// Who is here already comes anew.
    ///
    /// - Parameter now: the time; or when it first came, where somebody comes back from a meeting that came to nothing.
    package mutating func enter(_ seeker: Seeker, at now: MonotonicInstant) {
        leave(seeker.peer)
        let place = nextPlace
        nextPlace &+= 1
        places[seeker.peer] = place
        waiting[place] = Waiting(seeker, place: place, since: now)
        unshelved.insert(place)
    }

    /// Replaces interests and languages.
    ///
    /// The place in the order and the time waited stay.
    package mutating func update(_ peer: PeerID, interests: [String], languages: [String]) {
        change(peer) { seeker in
            seeker.interests = interests
            seeker.languages = languages
        }
    }

    /// Moves somebody to another group, after an attestation or its end.
    ///
    /// The place in the order stays.
    package mutating func move(_ peer: PeerID, to group: MatchGroup) {
        change(peer) { $0.group = group }
    }

    /// Says which workers have room for another leg; none, until it is said.
    package mutating func setOpen(_ workers: Set<UInt16>) {
        let isNew = !workers.isSubset(of: open)
        open = workers
        guard isNew else { return }
        // Only one who roams can have missed somebody for want of room. Between calls those are few: see ``Hall``.
        let roaming = halls.values.flatMap(\.values)
            .flatMap { $0.open.everyone.places.filter { (waiting[$0]?.patience ?? .choosy) >= .roaming } }
        for place in roaming {
            unshelve(place)
            unshelved.insert(place)
        }
        dropStaleAlarms()
    }

    /// Never lets these two meet while either is in the room.
    package mutating func keepApart(_ one: PeerID, _ other: PeerID) {
        for (peer, partner) in [(one, other), (other, one)] {
            guard let place = places[peer] else { continue }
            waiting[place]?.seeker.avoid.insert(partner)
        }
    }

    package mutating func leave(_ peer: PeerID) {
        guard let place = places.removeValue(forKey: peer) else { return }
        unshelve(place)
        waiting[place] = nil
        unshelved.remove(place)
        dropStaleAlarms()
    }

    private mutating func change(_ peer: PeerID, _ body: (inout Seeker) -> Void) {
        guard let place = places[peer] else { return }
        unshelve(place)
        guard var changed = waiting[place] else { return }
        body(&changed.seeker)
        waiting[place] = changed
        unshelved.insert(place)
        dropStaleAlarms()
    }

    // MARK: Matching

    /// Everybody who can be matched now, and takes them out of the room.
    ///
    /// To be called after every change, and at ``deadline``.
    ///
    /// - Returns: in the order in which they were found.
    package mutating func matches(at now: MonotonicInstant) -> [Match] {
        var found: [Match] = []
        // One at a time, each as if nothing else had happened: so nobody is passed over in favour of a later one,
        // and a result does not depend on how much has happened since the last call.
        while let alarm = alarms.first, alarm.due <= now {
            alarms.removeFirst()
            guard isCurrent(alarm) else { continue }
            if let match = look(at: alarm.place, at: alarm.due) { found.append(match) }
        }
        for place in unshelved.sorted() {
            if let match = look(at: place, at: now) { found.append(match) }
        }
        unshelved.removeAll(keepingCapacity: true)
        dropStaleAlarms()
        return found
    }

    /// Matches one seeker with the best of those in the room, or shelves it as what it is now.
    private mutating func look(at place: Place, at now: MonotonicInstant) -> Match? {
        unshelve(place)
        guard var seeker = waiting[place] else { return nil }  // Already matched.
        seeker.patience = patience(of: seeker, at: now)
        guard let partner = partner(for: seeker) else {
            shelve(place, at: now)
            return nil
        }
        let (first, second) = partner.place < place ? (partner, seeker) : (seeker, partner)
        leave(first.seeker.peer)
        leave(second.seeker.peer)
        return Match(
            first: first.seeker.peer, second: second.seeker.peer,
            sharedInterests: first.sharedInterests(with: second),
            move: first.seeker.worker == second.seeker.worker
                ? nil : Move(first.seeker, second.seeker, open: open))
    }

    /// The best of those in the room who would meet `seeker`.
    private mutating func partner(for seeker: Waiting) -> Waiting? {
        var best: Waiting?
        for (worker, hall) in halls[HallKey(seeker.seeker)] ?? [:] {
            if worker != seeker.seeker.worker, open.isEmpty { continue }
            guard let other = partner(for: seeker, in: hall) else { continue }
            if let known = best, Rank(known, for: seeker) < Rank(other, for: seeker) { continue }
            best = other
        }
        return best
    }

    /// The best of those in one hall who would meet `seeker`.
    private mutating func partner(for seeker: Waiting, in hall: Hall) -> Waiting? {
        if let partner = first(in: hall.overdue, for: seeker) { return partner }
        if let partner = mostInCommon(in: hall, with: seeker) { return partner }
        if seeker.patience >= .open, let partner = first(on: hall.open, for: seeker) { return partner }
        if seeker.patience >= .overdue, let partner = first(on: hall.choosy, for: seeker) { return partner }
        return nil
    }

    /// Whoever shares most interests; among these one with a common language; among these the longest waiting.
    private mutating func mostInCommon(in hall: Hall, with seeker: Waiting) -> Waiting? {
        var shared: [Place: Int] = [:]
        for (key, _) in seeker.interests {
            for place in hall.byInterest[key]?.places ?? [] { shared[place, default: 0] += 1 }
        }
        var best: (partner: Waiting, shared: Int, talks: Bool)?
        for (place, count) in shared {
            guard let other = candidate(place, for: seeker) else { continue }
            let talks = seeker.sharesLanguage(with: other)
            if let best {
                let isBetter =
                    count != best.shared
                    ? count > best.shared
                    : talks != best.talks ? talks : place < best.partner.place
                guard isBetter else { continue }
            }
            best = (other, count, talks)
        }
        return best?.partner
    }

    /// The longest waiting with a common language, or else the longest waiting.
    private mutating func first(on shelf: Shelf, for seeker: Waiting) -> Waiting? {
        var best: Waiting?
        for language in seeker.languages {
            guard let line = shelf.byLanguage[language], let other = first(in: line, for: seeker) else {
                continue
            }
            if let known = best, known.place < other.place { continue }
            best = other
        }
        return best ?? first(in: shelf.everyone, for: seeker)
    }

    private mutating func first(in line: Line, for seeker: Waiting) -> Waiting? {
        for place in line.places {
            if let other = candidate(place, for: seeker) { return other }
        }
        return nil
    }

    private mutating func candidate(_ place: Place, for seeker: Waiting) -> Waiting? {
        comparisons &+= 1
        guard let other = waiting[place], seeker.mayMeet(other) else { return nil }
        if other.seeker.worker != seeker.seeker.worker {
            guard max(seeker.patience, other.patience) >= .roaming,
                Move(seeker.seeker, other.seeker, open: open) != nil
            else { return nil }
        }
        return other
    }

    // MARK: Halls and alarms

    private func patience(of seeker: Waiting, at now: MonotonicInstant) -> Patience {
        if now >= seeker.since.advanced(bySeconds: overdueAfter) { return .overdue }
        if now >= seeker.since.advanced(bySeconds: matchWait) { return .roaming }
        return seeker.interests.isEmpty ? .open : .choosy
    }

    private mutating func shelve(_ place: Place, at now: MonotonicInstant) {
        guard var seeker = waiting[place] else { return }
        let patience = patience(of: seeker, at: now)
        seeker.shelvedAs = patience
        seeker.patience = patience
        switch patience {
        case .choosy, .open: seeker.nextChange = seeker.since.advanced(bySeconds: matchWait)
        case .roaming: seeker.nextChange = seeker.since.advanced(bySeconds: overdueAfter)
        case .overdue: seeker.nextChange = nil
        }
        waiting[place] = seeker
        halls[HallKey(seeker.seeker), default: [:]][seeker.seeker.worker, default: Hall()]
            .insert(seeker, as: patience)
        if let due = seeker.nextChange { alarms.insert(Alarms.Alarm(due: due, place: place)) }
    }

    /// Takes somebody out of the hall, if in one.
    private mutating func unshelve(_ place: Place) {
        guard let seeker = waiting[place], seeker.shelvedAs != nil else { return }
        let (key, worker) = (HallKey(seeker.seeker), seeker.seeker.worker)
        halls[key]?[worker]?.remove(seeker)
        if halls[key]?[worker]?.isEmpty == true { halls[key]?[worker] = nil }
        if halls[key]?.isEmpty == true { halls[key] = nil }
        waiting[place]?.shelvedAs = nil
        waiting[place]?.nextChange = nil
    }

    private func isCurrent(_ alarm: Alarms.Alarm) -> Bool { waiting[alarm.place]?.nextChange == alarm.due }

    /// Keeps ``deadline`` from naming the alarm of somebody who is gone.
    private mutating func dropStaleAlarms() {
        while let alarm = alarms.first, !isCurrent(alarm) { alarms.removeFirst() }
    }
}
