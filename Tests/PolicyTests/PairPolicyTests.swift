import Policy
import ReferenceTools
import RelayTypes
import Testing

private let start = MonotonicInstant(nanoseconds: 1_000)
private let adult = AgeProof(band: Band("adult"), expires: start.advanced(bySeconds: 3_600))
private let teen = AgeProof(band: Band("teen"), expires: start.advanced(bySeconds: 3_600))
private let media: [Channel] = [.audio, .video]

private func policy(
    first: AgeProof? = nil, second: AgeProof? = nil, consent: Set<Channel> = [.video],
    hooks: [any PolicyHook] = PolicyHooks.all
) -> PairPolicy {
    PairPolicy(
        PairFacts(matchedAt: start, first: .init(proof: first), second: .init(proof: second)),
        rules: PolicyRules(consentChannels: consent), hooks: hooks)
}

private let everyHold: Holds = Holds(rawValue: .max)

/// A fifth rule, for the test that rules add up.
private struct HoldAll: PolicyHook {
    func verdict(on facts: PairFacts, under rules: PolicyRules, at now: MonotonicInstant) -> Verdict {
        var verdict = Verdict()
        for side in Side.allCases { verdict.hold(.risk, from: side, on: Channel.allCases) }
        return verdict
    }
}

@Suite("Held until proven")
struct HeldUntilProvenTests {
    @Test("nothing proved: every channel of both directions is held for both ages")
    func nothingProved() {
        let gates = policy().outcome.gates
        for side in Side.allCases {
            for channel in Channel.allCases {
                #expect(gates[side, channel].isSuperset(of: [.ageSelf, .agePartner]))
            }
        }
    }

    @Test("one proof is not enough, and names who is missing", arguments: Side.allCases)
    func oneProof(side: Side) {
        var policy = policy(consent: [])
        let gates = policy.handle(.attested(side, adult), at: start).gates
        #expect(gates[side, .audio] == .agePartner)
        #expect(gates[side.other, .audio] == .ageSelf)
    }

    @Test("both proofs open what consent does not hold")
    func bothProofs() {
        var policy = policy(first: adult)
        let gates = policy.handle(.attested(.second, adult), at: start).gates
        for side in Side.allCases {
            #expect(gates[side, .audio].isEmpty)
            #expect(gates[side, .chat].isEmpty)
            #expect(gates[side, .video] == [.consentSelf, .consentPartner])
        }
    }

    @Test("a proof that lapses shuts again at its deadline, not before")
    func lapse() throws {
        var policy = policy(first: adult, second: adult, consent: [])
        #expect(policy.outcome.gates == PairGates(all: []))
        let deadline = try #require(policy.deadline(after: start))
        #expect(deadline == adult.expires)
        let before = MonotonicInstant(nanoseconds: deadline.nanoseconds - 1)
        #expect(policy.handle(.tick, at: before).gates == PairGates(all: []))
        #expect(policy.handle(.tick, at: deadline).gates[.first, .video] == [.ageSelf, .agePartner])
    }

    @Test("a proof that is void shuts at once")
    func void() {
        var policy = policy(first: adult, second: adult, consent: [])
        #expect(policy.handle(.attested(.first, nil), at: start).gates[.first, .chat] == .ageSelf)
    }
}

@Suite("Two bands never meet")
struct SameBandTests {
    @Test("different bands end the pair", arguments: Side.allCases)
    func differentBands(side: Side) {
        var policy = side == .first ? policy(first: teen) : policy(second: teen)
        let outcome = policy.handle(.attested(side.other, adult), at: start)
        #expect(outcome.ending == .differentBands)
        for sender in Side.allCases {
            for channel in Channel.allCases { #expect(!outcome.gates[sender, channel].isEmpty) }
        }
    }

    @Test("a lapsed proof still tells bands apart")
    func lapsed() {
        var policy = policy(first: teen)
        #expect(policy.handle(.attested(.second, adult), at: teen.expires).ending == .differentBands)
    }
}

@Suite("Consent is mutual and for one pair")
struct ConsentTests {
    @Test("one acceptance leaves the partner's hold", arguments: Side.allCases)
    func one(side: Side) {
        var policy = policy(first: adult, second: adult)
        let gates = policy.handle(.accepted(side), at: start).gates
        #expect(gates[side, .video] == .consentPartner)
        #expect(gates[side.other, .video] == .consentSelf)
    }

    @Test("twice by one side is still one side")
    func twice() {
        var policy = policy(first: adult, second: adult)
        policy.handle(.accepted(.first), at: start)
        #expect(policy.handle(.accepted(.first), at: start).gates[.first, .video] == .consentPartner)
    }

    @Test("both acceptances open, but never over an age hold")
    func both() {
        var unproved = policy()
        unproved.handle(.accepted(.first), at: start)
        #expect(
            unproved.handle(.accepted(.second), at: start).gates[.first, .video] == [.ageSelf, .agePartner])
        var proved = policy(first: adult, second: adult)
        proved.handle(.accepted(.first), at: start)
        #expect(proved.handle(.accepted(.second), at: start).gates == PairGates(all: []))
    }

    @Test(
        "the rule names the channels", arguments: [[], [.video], [.audio, .video, .chat]] as [Set<Channel>])
    func channels(consent: Set<Channel>) {
        let gates = policy(first: adult, second: adult, consent: consent).outcome.gates
        for channel in Channel.allCases {
            #expect(gates[.second, channel].isEmpty == !consent.contains(channel))
        }
    }
}

@Suite("A report or an order ends the pair, for good")
struct EndingTests {
    @Test("a report ends it, whoever reports and whatever was proved before", arguments: Side.allCases)
    func report(by side: Side) {
        for proof in [nil, adult] {
            var policy = policy(first: proof, second: proof)
            #expect(policy.handle(.reported(by: side), at: start).ending == .report(by: side))
            for input: PairPolicy.Input in [
                .attested(.first, adult), .accepted(.first), .tick, .cutOrdered(.moderator),
                .releaseOrdered(from: [.first, .second], channels: Set(Channel.allCases)),
            ] {
                let outcome = policy.handle(input, at: start)
                #expect(outcome.ending == .report(by: side))
                #expect(!outcome.gates[.first, .audio].isEmpty && !outcome.gates[.second, .video].isEmpty)
            }
            #expect(policy.deadline(after: start) == nil)
        }
    }

    @Test("an operator's cut ends it")
    func cut() {
        var policy = policy(first: adult, second: adult)
        #expect(policy.handle(.cutOrdered(.moderator), at: start).ending == .moderator)
    }
}

@Suite("Holds add up")
struct HoldsAddUpTests {
    @Test("an operator's hold comes and goes without touching another")
    func moderator() {
        var policy = policy(first: adult)
        let before = policy.outcome.gates
        let held = policy.handle(.holdOrdered(from: [.first], channels: [.video]), at: start).gates
        #expect(held[.first, .video] == before[.first, .video].union(.moderator))
        #expect(held[.second, .video] == before[.second, .video])
        #expect(held[.first, .audio] == before[.first, .audio])
        policy.handle(.holdOrdered(from: [.first], channels: [.video]), at: start)
        let released = policy.handle(
            .releaseOrdered(from: [.first, .second], channels: Set(Channel.allCases)), at: start)
        #expect(released.gates == before)
    }

    @Test("another rule adds its hold to all of these, and none of these lifts it")
    func fifth() {
        var policy = policy(first: adult, second: adult, hooks: PolicyHooks.all + [HoldAll()])
        policy.handle(.accepted(.first), at: start)
        let gates = policy.handle(.accepted(.second), at: start).gates
        #expect(gates == PairGates(all: .risk))
    }

    @Test(
        "over random histories a gate is open only when both are proved, of one band, and have agreed",
        arguments: 1...50)
    func histories(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var policy = policy()
        var proofs: [Side: AgeProof] = [:]
        var accepted: Set<Side> = []
        var ordered: [Side: Set<Channel>] = [:]
        var now = start
        for _ in 0..<60 {
            let side: Side = Bool.random(using: &random) ? .first : .second
            let channel = Channel.allCases[Int.random(in: 0..<3, using: &random)]
            let outcome: PairPolicy.Outcome
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2:
                let proof = AgeProof(
                    band: Band("adult"),
                    expires: now.advanced(bySeconds: UInt64.random(in: 1...500, using: &random)))
                proofs[side] = proof
                outcome = policy.handle(.attested(side, proof), at: now)
            case 3...5:
                accepted.insert(side)
                outcome = policy.handle(.accepted(side), at: now)
            case 6:
                ordered[side, default: []].insert(channel)
                outcome = policy.handle(.holdOrdered(from: [side], channels: [channel]), at: now)
            case 7...8:
                ordered[side, default: []].remove(channel)
                outcome = policy.handle(.releaseOrdered(from: [side], channels: [channel]), at: now)
            default:
                now = now.advanced(bySeconds: UInt64.random(in: 0...40, using: &random))
                outcome = policy.handle(.tick, at: now)
            }
            let proved = Side.allCases.allSatisfy { proofs[$0].map { now < $0.expires } ?? false }
            for sender in Side.allCases {
                for channel in Channel.allCases {
                    let agreed = channel != .video || accepted.count == 2
                    let free = !(ordered[sender]?.contains(channel) ?? false)
                    #expect(
                        outcome.gates[sender, channel].isEmpty == (proved && agreed && free), "seed \(seed)")
                }
            }
        }
    }
}

@Suite("Admission of those who have not proved their age")
struct AdmissionTests {
    @Test(
        "follows the rule",
        arguments: [
            (.hold, false, .pool), (.lobby, false, .lobby), (.refuse, false, .outside),
            (.hold, true, .pool), (.lobby, true, .pool), (.refuse, true, .pool),
        ] as [(UnverifiedRule, Bool, Admission)])
    func rules(rule: UnverifiedRule, isProved: Bool, expected: Admission) {
        #expect(Admission(unverified: rule, isProved: isProved) == expected)
    }
}
