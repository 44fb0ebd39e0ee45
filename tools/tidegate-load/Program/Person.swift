internal import LoadEngine
internal import ReferenceTools

/// One simulated person: what it says to the server and does with its media, and when.
///
/// Pure: it is told what happens and the time, and answers with deeds. The same seed and the same words of the server's
/// give the same deeds.
struct Person: Sendable {
    /// What all people share.
    struct Circumstances: Sendable {
        var stay = StayLength.exponential(median: 30)
        /// Whether media flows before anybody has accepted, so that it must pause between partners: else the last
        /// packets for the former partner would look like a leak to the next.
        var pausesBetweenPartners = false
        /// Whether there is an operator who can ban.
        var hasBans = false
        /// Cheats that this issuer cannot make.
        var impossible: Set<Kind> = []
    }

    enum Phase: Sendable, Equatable {
        case away
        case connecting
        case greeting
        /// Has been welcomed.
        case here
        /// Will not come back.
        case gone
    }

    let number: Int
    let kind: Kind
    let circumstances: Circumstances
    var random: SplitMix64

    var phase = Phase.away
    var life = 0
    var peer: String?
    var resumeToken: String?
    /// The token that the next `hello` brings.
    var presents: String?
    var pair: String?
    var isProved = false
    var hasJoined = false
    var isSending = false
    /// Counts connections and searches, so that an old alarm is known as such.
    var turn = 0
    var failures = 0
    var lifeBeganAt: UInt64 = 0
    var poolSince: UInt64?
    var legIsUp = false
    var lifeHasMatched = false
    /// The cheat whose answer is awaited.
    var awaited: Kind?
    /// Whether an honest token is on its way.
    var provesNow = false
    /// How often it came back after the ban.
    var returns = 0
    var asksForBan = false

    init(number: Int, kind: Kind, circumstances: Circumstances, seed: UInt64) {
        self.number = number
        self.kind = kind
        self.circumstances = circumstances
        random = SplitMix64(seed: seed ^ (UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15))
    }

    var band: LoadBand { kind == .otherBand ? .other : .ours }

    mutating func handle(_ input: PersonInput, at now: UInt64) -> [Deed] {
        guard phase != .gone else { return [] }
        switch input {
        case .begin: return connect(at: now)
        case .opened: return greet()
        case .unreachable: return unreachable()
        case .closed(let code): return closed(code, at: now)
        case .alarm(let alarm): return woken(alarm, at: now)
        case .met(let pair): return met(pair)
        case .stolen(let token):
            presents = token
            return [.note(.tried(.resumeThief)), .hangUp(1000)]
        case .banned(let done):
            asksForBan = done
            return []
        case .word(let word): return heard(word, at: now)
        }
    }

    // MARK: Coming in

    mutating func connect(at now: UInt64) -> [Deed] {
        phase = .connecting
        turn += 1
        if presents == nil || presents != resumeToken { lifeBeganAt = now }
        return [.connect]
    }

    private mutating func greet() -> [Deed] {
        phase = .greeting
        failures = 0
        var members = [("version", "1")]
        if let presents { members.append(("resume", JSONText.quoted(presents))) }
        return [.say(JSONText.message("hello", members))]
    }

    private mutating func unreachable() -> [Deed] {
        phase = .away
        failures += 1
        return [.note(.counted(.connectFailures)), comeBackSoon()]
    }

    /// After 0.5 s, 1 s, 2 s and so on, at most 4 s, and never all at once.
    private mutating func comeBackSoon() -> Deed {
        let base = UInt64(500_000_000) << UInt64(min(failures, 3))
        return .wake(after: base + milliseconds(0...500), .connect(turn: turn))
    }

    private mutating func closed(_ code: UInt16?, at now: UInt64) -> [Deed] {
        guard phase != .away else { return [] }
        phase = .away
        if asksForBan || code == 4003 { return comeBackBanned() }
        if kind == .resumeThief, let presents, presents != resumeToken {
            return endLife() + [.wake(after: milliseconds(200...800), .connect(turn: turn))]
        }
        if code == 4009 { return [.note(.surprise("closed with 4009: superseded"))] + endLife() }
        if code == 4029 || code == 4000, kind == .flood || kind == .garbage {
            // As it should be. Peers that were closed so may resume, but these begin anew.
            return endLife() + [.wake(after: milliseconds(1_000...3_000), .connect(turn: turn))]
        }
        if kind == .vanishes && presents == nil { return [] }
        if kind == .losesSocket, presents == resumeToken, presents != nil { return [] }
        presents = resumeToken
        failures += 1
        var deeds: [Deed] = [.note(.counted(.connectionsLost))]
        if let code, code != 1012, code != 1001 {
            deeds.append(.note(.surprise("closed by the server with \(code)")))
        }
        return deeds + [comeBackSoon()]
    }

    /// Forgets the peer that it was.
    mutating func endLife() -> [Deed] {
        var deeds: [Deed] = []
        if isSending { deeds.append(.media(.send(false))) }
        deeds += [.media(.enterPair(0)), .media(.close)]
        (pair, resumeToken, peer, poolSince) = (nil, nil, nil, nil)
        (isProved, hasJoined, isSending, legIsUp, provesNow) = (false, false, false, false, false)
        (lifeHasMatched, awaited) = (false, nil)
        return deeds
    }

    // MARK: With a partner

    private mutating func met(_ pair: String) -> [Deed] {
        guard self.pair == pair else { return [] }
        var deeds: [Deed] = [.enter(pair: pair)]
        if circumstances.pausesBetweenPartners, !isSending, legIsUp {
            isSending = true
            deeds.append(.media(.send(true)))
        }
        // People take a moment, and the mark of every packet names this pair by then.
        deeds.append(.wake(after: milliseconds(120...400), .accept(pair: pair)))
        return deeds
    }

    /// What is arranged once a pair has been accepted.
    mutating func settle(_ pair: String) -> [Deed] {
        var deeds: [Deed] = [.accept(pair: pair)]
        if kind == .late, !isProved { deeds.append(.wake(after: milliseconds(1_000...4_000), .prove)) }
        if kind == .chat || kind == .unverified || kind.cheat != nil {
            deeds.append(.wake(after: milliseconds(300...2_000), .chat(pair: pair)))
        }
        switch kind {
        case .stays, .chat, .unverified, .otherBand: break
        default: deeds.append(.wake(after: stay(), .act(pair: pair)))
        }
        return deeds
    }

    mutating func stay() -> UInt64 { circumstances.stay.draw(using: &random) }

    mutating func milliseconds(_ range: ClosedRange<UInt64>) -> UInt64 {
        UInt64.random(in: range, using: &random) * 1_000_000
    }
}
