import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("What somebody has yet to be told of a decision outlives a restart")
struct UntoldTests {
    private let planted = Planted(name: "a")
    private let later = start.addingTimeInterval(10)
    private var draft: AuditDraft { planted.draft(.decisionMade, "") }

    private func decision(
        _ id: String, _ report: ReportRecord, _ action: DecisionRecord.Action, at seconds: Double = 0
    ) -> DecisionRecord {
        DecisionRecord(
            id: DecisionID(id), report: report.id, madeAt: start.addingTimeInterval(seconds), by: "op",
            byKind: .operator, outcome: .upheld, action: action, groundKind: .illegal, ground: "3",
            facts: "seen")
    }

    private func word(_ role: UntoldWord.Role, _ decision: DecisionRecord) -> UntoldWord {
        let report = planted.report
        let isReporter = role == .reporter
        return UntoldWord(
            report: report.id, role: role, decision: decision,
            marks: isReporter ? report.reporterMarks : report.reportedMarks,
            pair: isReporter ? report.pair : nil, side: isReporter ? report.reporterSide : nil)
    }

    @Test("from the decision on, until that person has been told of it")
    func told() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.save(planted.report)
        #expect(try await store.untold(at: later, most: 9) == [])
        let first = decision("d-1", planted.report, .warn)
        try await store.decide(first, ban: nil, liftsBan: nil, audit: draft)
        await store.close()

        let again = try await SQLiteStore.open(path: path)
        let words = try await again.untold(at: later, most: 9)
        #expect(words.count == 2)
        for role in UntoldWord.Role.allCases { #expect(words.contains(word(role, first))) }
        try await again.told(.reporter, of: planted.report.id, by: DecisionID("other"))
        try await again.told(.reporter, of: planted.report.id, by: first.id)
        #expect(try await again.untold(at: later, most: 9) == [word(.reported, first)])

        var second = decision("d-2", planted.report, .none, at: 1)
        second.outcome = .rejected
        second.overturns = first.id
        try await again.decide(second, ban: nil, liftsBan: nil, audit: draft)
        #expect(
            try await again.untold(at: later, most: 9) == [word(.reporter, second)],
            "the warning is no more, and the reporter has news")
    }

    @Test("the answer to an appeal is for whoever made it, and a report without a reporter tells nobody")
    func whom() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        var outside = planted.report
        outside.reporter = nil
        try await store.save(outside)
        try await store.decide(planted.decision(), ban: nil, liftsBan: nil, audit: draft)
        #expect(try await store.untold(at: later, most: 9) == [], "a ban is told at the door")
        try await store.save(planted.appeal, audit: nil)
        let answer = planted.decision("answer", appeal: planted.appeal.id)
        try await store.decide(answer, ban: nil, liftsBan: nil, audit: draft)
        #expect(try await store.untold(at: later, most: 9).map(\.decision.id) == [answer.id])
        #expect(try await store.untold(at: later, most: 9).map(\.role) == [.reported])
    }

    @Test("the latest where there are too many, and none after its time or without its report")
    func bounded() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        for number in 0..<5 {
            let one = report("r-\(number)")
            try await store.save(one)
            try await store.decide(
                decision("d-\(number)", one, .none, at: Double(number)), ban: nil, liftsBan: nil,
                audit: draft)
        }
        #expect(try await store.untold(at: later, most: 2).map(\.report.text) == ["r-3", "r-4"])
        let end = start.addingTimeInterval(Retention().noViolation + 2)
        #expect(try await store.untold(at: end, most: 9).map(\.report.text) == ["r-3", "r-4"])
        let swept = try await store.sweep(now: end)
        #expect(swept.untold == 3 && swept.reports == 0)
        #expect(try await store.untold(at: start, most: 9).map(\.report.text) == ["r-3", "r-4"])
        let gone = try await store.sweep(now: start.addingTimeInterval(367 * 86_400))
        #expect(gone.reports == 5)
        #expect(try await store.untold(at: start, most: 9) == [])
    }

    @Test("what the two of a pair are recognised by is found by the receipt, and goes with the pair")
    func pairMarks() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.savePair(planted.pair)
        let (first, second) = (planted.pair.first, planted.pair.second)
        let receipt = Planted(name: "a").receipt
        let found = try #require(try await store.pair(forReceipt: receipt, since: .distantPast))
        #expect(found.holderMarks == first.marks && found.partnerMarks == second.marks)
        #expect(found.holderBand == first.band && found.partnerBand == second.band)
        // As an earlier version has written it.
        let other = try DatabaseQueue(path: path)
        try await other.write { db in try db.execute(sql: "UPDATE pair_side SET marks = NULL") }
        try other.close()
        #expect(try await store.pair(forReceipt: receipt, since: .distantPast)?.partnerMarks == [])
        #expect(try await store.sweep(now: start.addingTimeInterval(2 * 86_400)).pairs == 1)
        #expect(try await store.pair(forReceipt: receipt, since: .distantPast) == nil)
    }
}
