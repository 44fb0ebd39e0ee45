import Foundation
import Policy
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("A report protects first, and nothing bans by numbers") struct FairnessTests {
    /// Whether the latest gates that somebody was told hold everything with `risk`.
    private func isAtRisk(_ person: Person) -> Bool? {
        person.link.sofar(\.outbound).last.map { $0.chat.contains(.risk) && $0.audio.contains(.risk) }
    }

    private func decide(_ stage: Stage, _ report: ReportID) async throws {
        _ = try await stage.switchboard.decide(
            DecisionOrder(report: report, outcome: .rejected, action: .none, ground: "rule 1", facts: "seen"))
    }

    @Test("a child is parted, held in later pairs until somebody has decided, and not banned") func minor()
        async throws
    {
        let stage = try await Stage { $0.avoidRecent = 0 }
        defer { stage.close() }
        let (first, second, pair) = try await stage.textPair()
        await first.say(.report(ReportRequest(reason: "minor", pair: pair)))
        let record = try #require(try await stage.report(by: first))
        #expect(second.link.sofar(\.cutReason) == [.policy] && second.link.closed == nil)
        let third = try await stage.person(from: "203.0.113.1")
        for person in [second, third] { await person.say(.join(JoinRequest(media: .text))) }
        let next = try #require(await third.link.first(\.matchedPair))
        #expect(isAtRisk(second) == true && isAtRisk(third) == true)
        await third.say(.accept(pair: next))
        #expect(isAtRisk(third) == true)
        try await decide(stage, record.id)
        #expect(isAtRisk(second) == false && isAtRisk(third) == false)
    }

    @Test("whoever is held is held after a restart, too") func restart() async throws {
        let stage = try await Stage()
        let (first, second, pair) = try await stage.textPair()
        await first.say(.report(ReportRequest(reason: "minor", pair: pair)))
        let record = try #require(try await stage.report(by: first))
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()
        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        defer { later.close() }
        try await later.switchboard.loadRisk()
        let back = try await later.person(resume: second.welcome.resume, from: "203.0.113.2")
        let other = try await later.person(from: "203.0.113.3")
        for person in [back, other] { await person.say(.join(JoinRequest(media: .text))) }
        _ = await other.link.first(\.matchedPair)
        #expect(isAtRisk(back) == true)
        try await decide(later, record.id)
        #expect(isAtRisk(back) == false)
    }

    @Test("many strangers hold somebody where a rule says so, and never ban", arguments: [0, 3]) func crowd(
        rule: Int
    )
        async throws
    {
        let stage = try await Stage {
            $0.riskAfter = rule
            $0.avoidRecent = 0
        }
        defer { stage.close() }
        let suspect = try await stage.person(from: "203.0.113.1")
        var priorities: [Int] = []
        for number in 1...5 {
            let stranger = try await stage.person(from: "198.51.100.\(number)")
            for person in [suspect, stranger] { await person.say(.join(JoinRequest(media: .text))) }
            _ = try #require(await stranger.link.first(\.matchedPair))
            #expect(isAtRisk(stranger) == (rule > 0 && number > rule), "stranger \(number)")
            await stranger.say(.report(ReportRequest(reason: "spam")))
            let record = try #require(try await stage.report(by: stranger))
            await stage.switchboard.assess(record, origin: .peer)
            priorities.append(try #require(try await stage.store.report(record.id)).priority)
        }
        #expect(priorities == priorities.sorted() && Set(priorities).count == 5)
        #expect(suspect.link.closed == nil)
        #expect(await stage.switchboard.bans().bans.isEmpty)
    }

    @Test("one household is one voice, however often it reports") func household() async throws {
        let stage = try await Stage {
            $0.riskAfter = 2
            $0.avoidRecent = 0
        }
        defer { stage.close() }
        let suspect = try await stage.person(from: "203.0.113.1")
        for _ in 1...5 {
            let sibling = try await stage.person(from: "198.51.100.1")
            for person in [suspect, sibling] { await person.say(.join(JoinRequest(media: .text))) }
            _ = try #require(await sibling.link.first(\.matchedPair))
            #expect(isAtRisk(sibling) == false)
            await sibling.say(.report(ReportRequest(reason: "spam")))
            let record = try #require(try await stage.report(by: sibling))
            await stage.switchboard.assess(record, origin: .peer)
        }
    }

    @Test("what is over the limit still cuts, and is answered rate_limited", arguments: [true, false])
    func limit(
        ofPeer: Bool
    ) async throws {
        let stage = try await Stage {
            $0.reportsPerHour = ofPeer ? 2 : 0
            $0.reportsPerHourOfNetwork = ofPeer ? 0 : 2
            $0.avoidRecent = 0
        }
        defer { stage.close() }
        let reporter = try await stage.person(from: "198.51.100.1")
        for number in 1...4 {
            let other = try await stage.person(from: "203.0.113.\(number)")
            reporter.link.forget()
            for person in [reporter, other] { await person.say(.join(JoinRequest(media: .text))) }
            _ = try #require(await other.link.first(\.matchedPair))
            await reporter.say(.report(ReportRequest(reason: "minor")))
            #expect(other.link.sofar(\.cutReason) == [.policy], "cut \(number)")
            if number <= 2 {
                #expect(await reporter.link.first(\.reportID) != nil)
            } else {
                #expect(reporter.link.all.last?.errorCode == .rateLimited)
            }
        }
        #expect(try await stage.store.openReports() == 2)
        let metrics = await stage.switchboard.metrics()
        #expect(metrics.reportsOverLimit == 2 && metrics.reportsThatHold == 2)
    }
}

@Suite("A report from outside cuts first") struct OutsideReportTests {
    private let flagger = ReportSource(name: "flagger.example", kind: .trustedFlagger)

    @Test("about one of a pair: cut, on disk, first in the queue") func onePeer() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (ada, _, earlier) = try await stage.textPair()
        await ada.say(.report(ReportRequest(reason: "minor", pair: earlier)))
        _ = try await stage.report(by: ada)
        let (first, second, pair) = try await stage.openPair()
        let receipt = try await stage.switchboard.take(
            OutsideReport(
                source: flagger, pair: nil, peer: second.welcome.peer, reason: "grooming", comment: "known",
                signals: ["hash match"]))
        #expect(receipt.cut && receipt.pair == pair && receipt.inForceMicroseconds != nil)
        #expect(stage.media.parted == 1 && first.link.sofar(\.cutReason) == [.policy])
        let record = try #require(try await stage.store.report(receipt.report))
        #expect(record.origin == .trustedFlagger && record.source == "flagger.example")
        #expect(record.reporter == nil && record.reported == second.welcome.peer)
        #expect(record.signals == ["hash match"] && record.proof != nil)
        let queue = try await stage.switchboard.reports(.open, limit: 10, after: nil)
        #expect(queue.reports.first?.report == receipt.report && queue.reports.count == 2)
        #expect(await stage.switchboard.metrics().reportsByOrigin["SOURCE_TRUSTED_FLAGGER"] == 1)
    }

    @Test("about a pair: one report for each of the two") func wholePair() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let receipt = try await stage.switchboard.take(
            OutsideReport(source: flagger, pair: pair, peer: nil, reason: "nudity"))
        var reported: Set<PeerID> = []
        for id in receipt.reports { reported.insert(try #require(try await stage.store.report(id)).reported) }
        #expect(reported == [first.welcome.peer, second.welcome.peer])
        let late = try await stage.switchboard.take(
            OutsideReport(source: flagger, pair: pair, peer: first.welcome.peer, reason: "nudity"))
        #expect(!late.cut && late.reports.count == 1 && late.pair == pair)
    }

    @Test(
        "about a pair of an earlier run of the server: found for its time, and who it was about is known again"
    )
    func earlierRun() async throws {
        let stage = try await Stage()
        let (first, second, pair) = try await stage.openPair()
        while try await stage.store.pair(pair, since: .distantPast) == nil { await Task.yield() }
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()

        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        defer { later.close() }
        let nobody = PeerID("nobody")
        await #expect(throws: AdminError.notOfThePair(nobody)) {
            try await later.switchboard.take(
                OutsideReport(source: flagger, pair: pair, peer: nobody, reason: "spam"))
        }
        let receipt = try await later.switchboard.take(
            OutsideReport(source: flagger, pair: pair, peer: second.welcome.peer, reason: "minor"))
        #expect(!receipt.cut && receipt.reports.count == 1 && receipt.pair == pair)
        let record = try #require(try await later.store.report(receipt.report))
        #expect(record.reported == second.welcome.peer && record.reportedBand == Band("adult"))
        #expect(record.reportedMarks.map(\.handle) == [.lineage] && record.pairStartedAt != nil)
        let both = try await later.switchboard.take(
            OutsideReport(source: flagger, pair: pair, peer: nil, reason: "spam"))
        var reported: Set<PeerID> = []
        for id in both.reports { reported.insert(try #require(try await later.store.report(id)).reported) }
        #expect(reported == [first.welcome.peer, second.welcome.peer])
        // With the page of then, somebody new is the same person: held until the report about a child is decided.
        let back = try await later.person(resume: second.welcome.resume)
        for person in [back, try await later.person()] {
            await person.say(.join(JoinRequest(media: .text)))
        }
        _ = await back.link.first(\.matchedPair)
        #expect(back.link.sofar(\.outbound).last?.chat.contains(.risk) == true)

        let muchLater = try await Stage(database: stage.databasePath) {
            $0.wallClock = { Date(timeIntervalSinceNow: 25 * 3_600) }
        }
        await #expect(throws: AdminError.unknownPair(pair)) {
            try await muchLater.switchboard.take(
                OutsideReport(source: flagger, pair: pair, peer: nil, reason: "spam"))
        }
    }

    @Test("about nobody who was here, or for no known reason, does nothing") func refused() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let nobody = PeerID("nobody")
        await #expect(throws: AdminError.unknownPeer(nobody)) {
            try await stage.switchboard.take(
                OutsideReport(source: flagger, pair: nil, peer: nobody, reason: "spam"))
        }
        await #expect(throws: AdminError.notOfThePair(nobody)) {
            try await stage.switchboard.take(
                OutsideReport(source: flagger, pair: pair, peer: nobody, reason: "spam"))
        }
        await #expect(throws: AdminError.unknownPair(PairID("no"))) {
            try await stage.switchboard.take(
                OutsideReport(source: flagger, pair: PairID("no"), peer: nil, reason: "spam"))
        }
        await #expect(throws: AdminError.unknownReason("rudeness")) {
            try await stage.switchboard.take(
                OutsideReport(source: flagger, pair: pair, peer: nil, reason: "rudeness"))
        }
        #expect(stage.media.parted == 0)
        #expect(try await stage.store.openReports() == 0)
    }
}
