import Policy
import ReferenceTools
import RelayTypes
import Testing

private func assessment(
    _ strangers: [ReportWeight], origin: ReportOriginKind = .peer, minor: Bool = false, riskAfter: Int = 0
) -> ReportAssessment {
    ReportAssessment(
        ReportFacts(origin: origin, isAboutMinor: minor, strangers: strangers), riskAfter: riskAfter)
}

@Suite("Many reports raise the priority, and hold only where a rule says so")
struct ReportAssessmentTests {
    /// Up to 200 strangers of all kinds.
    private func history(_ random: inout SplitMix64) -> [ReportWeight] {
        (0..<Int.random(in: 1...200, using: &random))
            .map { _ in
                ReportWeight(
                    upheld: Int.random(in: 0...4, using: &random),
                    rejected: Int.random(in: 0...8, using: &random))
            }
    }

    @Test("without a rule for it no number of reports holds anybody", arguments: 0..<100 as Range<UInt64>)
    func nothingByCount(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let strangers = history(&random)
        for origin in ReportOriginKind.allCases {
            #expect(!assessment(strangers, origin: origin).holdsUntilDecided, "seed \(seed)")
        }
    }

    @Test(
        "one more stranger never lowers the priority, nor lifts a hold", arguments: 0..<100 as Range<UInt64>)
    func monotonic(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rule = Int.random(in: 1...20, using: &random)
        var strangers: [ReportWeight] = []
        var last = assessment([], riskAfter: rule)
        for next in history(&random) {
            strangers.append(next)
            let now = assessment(strangers.shuffled(using: &random), riskAfter: rule)
            #expect(now.priority >= last.priority, "seed \(seed)")
            #expect(now.holdsUntilDecided || !last.holdsUntilDecided, "seed \(seed)")
            last = now
        }
    }

    @Test("a rule for it holds at its number of strangers and not before", arguments: 1...10)
    func riskAfter(number: Int) {
        let strangers = Array(repeating: ReportWeight.full, count: number)
        #expect(assessment(strangers, riskAfter: number).holdsUntilDecided)
        #expect(!assessment(strangers.dropLast(), riskAfter: number).holdsUntilDecided)
    }

    @Test("who was mostly rejected weighs less, and who is new does not")
    func standing() {
        #expect(ReportWeight(upheld: 0, rejected: 0) == .full)
        #expect(ReportWeight(upheld: 0, rejected: 2) == .full)
        #expect(ReportWeight(upheld: 3, rejected: 3) == .full)
        #expect(ReportWeight(upheld: 2, rejected: 3) == .light)
        let liars = Array(repeating: ReportWeight.light, count: 7)
        #expect(!assessment(liars, riskAfter: 2).holdsUntilDecided)
        #expect(assessment(liars).priority < assessment(liars.map { _ in .full }).priority)
    }

    @Test("a trusted flagger comes before any crowd, and a child before others")
    func order() {
        let crowd = Array(repeating: ReportWeight.full, count: 500)
        #expect(assessment([], origin: .trustedFlagger).priority > assessment(crowd, minor: true).priority)
        #expect(assessment([.full], minor: true).priority > assessment([.full]).priority)
        #expect(assessment([.full], minor: true).holdsUntilDecided)
    }
}

@Suite("Somebody at risk is held until somebody has looked")
struct HoldAtRiskTests {
    private let start = MonotonicInstant(nanoseconds: 1_000)

    private func policy(atRisk side: Side?) -> PairPolicy {
        PairPolicy(
            PairFacts(
                matchedAt: start, first: .init(isAtRisk: side == .first),
                second: .init(isAtRisk: side == .second)),
            rules: PolicyRules(consentChannels: []))
    }

    @Test("both directions of every channel, from the first moment", arguments: Side.allCases)
    func fromTheStart(side: Side) {
        let gates = policy(atRisk: side).outcome.gates
        for sender in Side.allCases {
            for channel in Channel.allCases { #expect(gates[sender, channel].contains(.risk)) }
        }
    }

    @Test("in a running pair, and released only by the same word", arguments: Side.allCases)
    func running(side: Side) {
        var policy = policy(atRisk: nil)
        #expect(!policy.outcome.gates[.first, .chat].contains(.risk))
        #expect(policy.handle(.risk(side, true), at: start).gates[.first, .chat].contains(.risk))
        let everything = Set(Channel.allCases)
        let after = policy.handle(
            .releaseOrdered(from: Set(Side.allCases), channels: everything), at: start)
        #expect(after.gates[.second, .video].contains(.risk), "an operator's release lifts only moderator")
        #expect(!policy.handle(.risk(side, false), at: start).gates[.first, .chat].contains(.risk))
    }
}

@Suite("Who reports too much is still heard, and not written down")
struct ReportAllowanceTests {
    /// An allowance that can be asked inside of an expectation.
    private final class Asked<Key: Hashable & Sendable> {
        private var allowance: ReportAllowance<Key>

        init(perHour: Int) { allowance = ReportAllowance(perHour: perHour) }

        var count: Int { allowance.count }

        func take(_ keys: Set<Key>, at now: MonotonicInstant) -> Bool { allowance.take(keys, at: now) }
    }

    private let start = MonotonicInstant(nanoseconds: 5)

    @Test("so many at once, then one after another", arguments: [1, 2, 60])
    func burst(perHour: Int) {
        let allowance = Asked<Int>(perHour: perHour)
        for _ in 0..<perHour { #expect(allowance.take([1], at: start)) }
        #expect(!allowance.take([1], at: start))
        #expect(allowance.take([2], at: start), "another reporter has an allowance of their own")
        let later = start.advanced(bySeconds: UInt64(3_600 / perHour))
        #expect(allowance.take([1], at: later))
        #expect(!allowance.take([1], at: later))
    }

    @Test("in any hour no more than twice the number", arguments: 0..<50 as Range<UInt64>)
    func anyHour(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let allowance = Asked<Int>(perHour: 10)
        var now = start
        var taken: [MonotonicInstant] = []
        for _ in 0..<500 {
            now = now.advanced(bySeconds: UInt64.random(in: 0...200, using: &random))
            if allowance.take([1], at: now) { taken.append(now) }
        }
        for (index, first) in taken.enumerated() {
            let hour = taken[index...].prefix { $0.nanoseconds(since: first) < 3_600_000_000_000 }
            #expect(hour.count <= 20, "seed \(seed)")
        }
    }

    @Test("what one key lacks is not taken from another, and 0 is no limit")
    func together() {
        let allowance = Asked<String>(perHour: 1)
        #expect(allowance.take(["a"], at: start))
        #expect(!allowance.take(["a", "b"], at: start))
        #expect(allowance.take(["b"], at: start))
        let unlimited = Asked<String>(perHour: 0)
        for _ in 0..<1_000 { #expect(unlimited.take(["a"], at: start)) }
    }

    @Test("memory is bounded")
    func bounded() {
        let allowance = Asked<Int>(perHour: 2)
        for key in 0..<150_000 { _ = allowance.take([key], at: start.advanced(byNanoseconds: UInt64(key))) }
        #expect(allowance.count <= 100_001)
    }
}
