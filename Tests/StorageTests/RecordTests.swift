import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("Every field of a record comes back as it was")
struct RecordTests {
    private let planted = Planted(name: "a")

    @Test("report, decision, ban, appeal, referral and audit entry, in one case file")
    func roundTrip() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let first = try await SQLiteStore.open(path: path)
        try await first.save(planted.report)
        #expect(try await first.report(planted.report.id) == planted.report)
        await first.close()

        let store = try await SQLiteStore.open(path: path)
        let held = Referral(madeAt: start, by: "op", to: "116 006")
        try await store.addReferral(
            held, to: planted.report.id, audit: planted.draft(.reportReferred, planted.report.id.text))
        try await store.decide(
            planted.decision(), ban: planted.ban, liftsBan: nil,
            audit: planted.draft(.decisionMade, planted.decision().id.text))
        try await store.save(
            planted.appeal, audit: planted.draft(.appealReceived, planted.appeal.id.text))

        let file = try #require(try await store.casefile(planted.report.id))
        var expected = planted.report
        expected.referrals.append(held)
        expected.retention = .violation
        expected.keepUntil = planted.decision().madeAt.addingTimeInterval(Retention().violation)
        #expect(file.report == expected)
        #expect(file.decisions == [planted.decision()])
        #expect(file.bans == [planted.ban])
        #expect(file.appeals == [planted.appeal])
        #expect(file.audit.map(\.what) == ["report.referred", "decision.made", "appeal.received"])
        #expect(file.audit.first?.who == planted.draft(.caseHold, "").who)
        #expect(file.audit.first?.details == planted.draft(.caseHold, "").details)
        #expect(file.audit.first?.at == planted.draft(.caseHold, "").at)
        #expect(file.auditHead == AuditHead(number: 3, hash: try #require(file.audit.last?.hash)))
        #expect(try await store.decision(planted.decision().id) == planted.decision())
        #expect(try await store.appeal(planted.appeal.id) == planted.appeal)
        #expect(try await store.bans(madeBy: planted.decision().id) == [planted.ban])
        #expect(try await store.casefile(ReportID("none")) == nil)
    }

    @Test("a report from outside about a peer without a pair, without anything that may be absent")
    func least() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let bare = ReportRecord(
            id: ReportID("r-1"), receivedAt: start, reporter: nil, reported: PeerID("ben"), pair: nil,
            reporterSide: nil, pairStartedAt: nil, reason: "minor", origin: .voluntary, source: "classifier",
            live: false, offsetMilliseconds: 0)
        try await store.save(bare)
        #expect(try await store.report(bare.id) == bare.kept)
    }

    @Test("of a long chat the last 50 lines are kept")
    func longChat() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        var long = report("r-1")
        long.transcript = (0..<60).map { TranscriptLine(at: start, from: .first, text: "\($0)") }
        try await store.save(long)
        #expect(try await store.report(long.id)?.transcript.map(\.text) == (10..<60).map(String.init))
    }

    @Test("every origin, class and kind is a text that reads back", arguments: ReportOrigin.allCases)
    func origins(origin: ReportOrigin) async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        for (number, kind) in RetentionClass.allCases.enumerated() {
            var one = report("r-\(number)")
            one.origin = origin
            one.retention = kind
            try await store.save(one)
            let found = try #require(try await store.report(one.id))
            #expect(found.origin == origin)
            #expect(found.retention == kind)
            #expect((found.keepUntil == nil) == (kind == .legalHold))
        }
    }

    @Test("the first issue's database keeps its pairs and reports, which become what people reported")
    func migration() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let old = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(old, upTo: "003 probe")
        var gates = PairGates(all: [])
        gates[.first, .video] = .consentSelf
        let gatesText = GatesText.write(gates)
        try await old.write { db in
            try pair("p-1").writeAsAtFirst(to: db)
            for number in 0..<20 {
                try db.execute(
                    sql: """
                        INSERT INTO report VALUES (
                            ?, ?, 'anna', 'ben', 'p-1', 1, ?, ?, 'nudity', ?, 'receipt', 0, 1234, 187, ?)
                        """,
                    arguments: [
                        "r-\(number)", start.milliseconds + Int64(number), start.milliseconds,
                        number.isMultiple(of: 2) ? nil : start.milliseconds + 60_000, "Grüße ' \(number)",
                        gatesText,
                    ])
            }
        }
        try old.close()

        let store = try await SQLiteStore.open(path: path)
        #expect(try await store.pair(forReceipt: "p-1-first", since: .distantPast)?.pair == PairID("p-1"))
        for number in 0..<20 {
            let expected = ReportRecord(
                id: ReportID("r-\(number)"),
                receivedAt: Date(milliseconds: start.milliseconds + Int64(number)),
                reporter: PeerID("anna"), reported: PeerID("ben"), pair: PairID("p-1"), reporterSide: .second,
                pairStartedAt: start,
                pairEndedAt: number.isMultiple(of: 2) ? nil : start.addingTimeInterval(60), reason: "nudity",
                comment: "Grüße ' \(number)", source: "receipt", live: false, offsetMilliseconds: 1_234,
                cutInForceMicroseconds: 187, gatesBefore: gates)
            #expect(try await store.report(expected.id) == expected.kept)
        }
        #expect(try await store.openReports() == 20)
        let verdict = DecisionRecord(
            id: DecisionID("d-1"), report: ReportID("r-3"), madeAt: start, by: "op", byKind: .operator,
            outcome: .upheld, action: .none, groundKind: .incompatible, ground: "3", facts: "seen")
        try await store.decide(
            verdict, ban: nil, liftsBan: nil, audit: AuditDraft(at: start, who: "op", what: .decisionMade))
        #expect(try await store.openReports() == 19)
    }
}
