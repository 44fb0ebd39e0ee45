internal import LoadEngine
internal import RelayTypes

/// Where ``Truth`` writes who may be heard; ``PairLedger`` in a run.
protocol Windows {
    func open(_ a: PeerNumber, _ b: PeerNumber) -> UInt32
    func release(_ pair: UInt32, from sender: PeerNumber, _ channel: Channel, at nanoseconds: UInt64)
    func shut(_ pair: UInt32, at nanoseconds: UInt64)
}

/// Who may hear whom and since when, told from nothing but what left this tool and what came in.
///
/// A window opens at the moment at which the last missing thing *left*: the later of the two entries into the pool, the
/// later of the two proofs and, where the policy asks for consent, the later of the two accepts. It shuts when the first
/// word of the server's that the pair is over *came in*. So a window is never narrower than the server's own, and a
/// packet outside it is a leak.
struct Truth<Ledger: Windows> {
    /// Which channels wait for consent: `welcome.policy.consent`.
    enum Consent: String, Sendable { case off, video, all }

    /// One person, in one life: from `welcome` to the end of the peer.
    struct Life: Hashable, Sendable {
        let person: Int
        let number: Int
    }

    private struct Standing {
        var life: Life
        var proof: (band: LoadBand, at: UInt64)?
        var enteredPoolAt: UInt64 = 0
        var partners: [Life] = []
    }

    private struct Party {
        let person: Int
        var acceptedAt: UInt64?
    }

    private struct Pair {
        var number: UInt32 = 0
        var parties: [Party]
        /// Since when each channel may be heard.
        var openSince: [Channel: UInt64] = [:]
        var shutAt: UInt64?
    }

    /// What came of hearing of a match.
    enum Meeting: Equatable {
        /// The partner has not heard of it yet.
        case alone
        /// Both have: this is the pair's number; 0 when the ledger has no room.
        case both(number: UInt32, partner: Int)
        /// This is a pair that is known already, as after `resume`.
        case known
    }

    let ledger: Ledger
    var consent = Consent.all
    /// How many of the latest partners the server keeps apart.
    let avoidance: Int
    private var standings: [Int: Standing] = [:]
    private var pairs: [String: Pair] = [:]

    /// Partners who met again although they should have been kept apart.
    private(set) var repeatedPartners: UInt64 = 0
    /// Matches of two who had proved different bands before they entered the pool.
    private(set) var bandsMixed: UInt64 = 0
    private(set) var matches: UInt64 = 0

    init(ledger: Ledger, avoidance: Int) {
        self.ledger = ledger
        self.avoidance = avoidance
    }

    // MARK: What left, what came in

    /// A `welcome` for a new peer has come: nobody knows this person any more.
    mutating func began(_ life: Life) { standings[life.person] = Standing(life: life) }

    /// `join` or `next` is about to leave.
    mutating func entersPool(_ person: Int, at now: UInt64) { standings[person]?.enteredPoolAt = now }

    /// A good token is about to leave.
    mutating func proves(_ person: Int, _ band: LoadBand, in pair: String?, at now: UInt64) {
        standings[person]?.proof = (band, now)
        if let pair { openWhatMay(pair) }
    }

    /// The server has not taken the token: nothing was proved.
    mutating func proofRefused(_ person: Int) { standings[person]?.proof = nil }

    /// `accept` is about to leave.
    mutating func accepts(_ person: Int, _ id: String, at now: UInt64) {
        guard var pair = pairs[id], let index = pair.parties.firstIndex(where: { $0.person == person }),
            pair.parties[index].acceptedAt == nil
        else { return }
        pair.parties[index].acceptedAt = now
        pairs[id] = pair
        openWhatMay(id)
    }

    /// `matched` has come in.
    mutating func matched(_ person: Int, _ id: String) -> Meeting {
        guard var pair = pairs[id] else {
            pairs[id] = Pair(parties: [Party(person: person)])
            return .alone
        }
        guard pair.parties.count == 1, let first = pair.parties.first, first.person != person else {
            return .known
        }
        pair.parties.append(Party(person: person))
        pair.number = ledger.open(Self.peer(first.person), Self.peer(person))
        pairs[id] = pair
        matches += 1
        remember(first.person, person)
        openWhatMay(id)
        return .both(number: pair.number, partner: first.person)
    }

    /// The server's word that the pair is over has come in: it is in force, so not one packet more may come.
    mutating func over(_ id: String, at now: UInt64) {
        guard var pair = pairs[id], now < pair.shutAt ?? .max else { return }
        pair.shutAt = now
        pairs[id] = pair
        if pair.number != 0 { ledger.shut(pair.number, at: now) }
    }

    // MARK: Questions

    /// The number of a pair whose two people are both known; else 0.
    func number(of id: String) -> UInt32 { pairs[id]?.number ?? 0 }

    func partner(of person: Int, in id: String) -> Int? {
        guard let parties = pairs[id]?.parties, parties.count == 2 else { return nil }
        return parties.first { $0.person != person }?.person
    }

    /// Since when a channel may be heard; `nil` while it may not.
    func openSince(_ id: String, _ channel: Channel) -> UInt64? { pairs[id]?.openSince[channel] }

    /// Whether what was sent at `sent` on this channel may be heard.
    func mayBeHeard(_ id: String, _ channel: Channel, sentAt sent: UInt64) -> Bool {
        guard let pair = pairs[id], let since = pair.openSince[channel], sent >= since else { return false }
        return sent <= pair.shutAt ?? .max
    }

    // MARK: How it follows

    private mutating func openWhatMay(_ id: String) {
        guard var pair = pairs[id], pair.number != 0, pair.shutAt == nil,
            let first = pair.parties.first, let second = pair.parties.last, pair.parties.count == 2,
            let one = standings[first.person], let other = standings[second.person],
            let oneProof = one.proof, let otherProof = other.proof, oneProof.band == otherProof.band
        else { return }
        let proved = max(
            max(oneProof.at, otherProof.at), max(one.enteredPoolAt, other.enteredPoolAt))
        for channel in Channel.allCases where pair.openSince[channel] == nil {
            let waits = consent == .all || (consent == .video && channel == .video)
            var since = proved
            if waits {
                guard let oneAccept = first.acceptedAt, let otherAccept = second.acceptedAt else { continue }
                since = max(since, max(oneAccept, otherAccept))
            }
            pair.openSince[channel] = since
            guard channel != .chat else { continue }
            for party in pair.parties {
                ledger.release(pair.number, from: Self.peer(party.person), channel, at: since)
            }
        }
        pairs[id] = pair
    }

    private mutating func remember(_ first: Int, _ second: Int) {
        guard var one = standings[first], var other = standings[second] else { return }
        if one.partners.suffix(avoidance).contains(other.life)
            || other.partners.suffix(avoidance).contains(one.life)
        {
            repeatedPartners += 1
        }
        if let mine = one.proof, let theirs = other.proof, mine.band != theirs.band,
            mine.at < one.enteredPoolAt, theirs.at < other.enteredPoolAt
        {
            bandsMixed += 1
        }
        one.partners = (one.partners + [other.life]).suffix(max(avoidance, 1))
        other.partners = (other.partners + [one.life]).suffix(max(avoidance, 1))
        standings[first] = one
        standings[second] = other
    }

    private static func peer(_ person: Int) -> PeerNumber { PeerNumber(UInt32(truncatingIfNeeded: person)) }
}
