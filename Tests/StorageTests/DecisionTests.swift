import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("A decision is written as a whole, and never changed")
struct DecisionTests {
    private let planted = Planted(name: "a")

    private func draft(_ what: AuditAct = .decisionMade) -> AuditDraft { planted.draft(what, "x") }

    private func counts(_ path: String) async throws -> [Int] {
        let other = try DatabaseQueue(path: path)
        defer { try? other.close() }
        return try await other.read { db in
            try ["decision", "ban", "ban_mark", "audit_entry", "appeal"]
                .map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? -1 }
        }
    }

    @Test(
        "and whatever is changed in its row is found by the audit log",
        arguments: [
            "facts = 'nothing'", "ground = ''", "outcome = 'rejected'", "action = 'none'", "until = 5",
            "made_by = 'mallory'", "statement = 'sorry'", "automated_decision = 1 - automated_decision",
            "made_at = made_at + 1",
            "outcome = 'who knows'",
        ])
    func forged(change: String) async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        let number = try await store.decide(
            planted.decision(), ban: planted.ban, liftsBan: nil, audit: draft())
        #expect(try await store.verifyAudit().isSound)
        let other = try DatabaseQueue(path: store.path)
        try await other.write { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'")
            {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            try db.execute(sql: "PRAGMA ignore_check_constraints = 1; UPDATE decision SET \(change)")
        }
        try other.close()
        #expect(try await store.verifyAudit().faults == [AuditFault(number: number, kind: .decision)])
    }

    @Test("about a report that is not there: a clear error, and nothing half done")
    func unknownReport() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        await #expect(throws: StorageError.unknown(planted.report.id.text)) {
            try await store.decide(planted.decision(), ban: planted.ban, liftsBan: nil, audit: draft())
        }
        #expect(try await counts(store.path) == [0, 0, 0, 0, 0])
        #expect(await store.isHealthy())
    }

    @Test("with any other part missing or there twice: nothing half done either")
    func unknownParts() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        await #expect(throws: StorageError.unknown("nobody")) {
            try await store.decide(
                planted.decision(), ban: planted.ban, liftsBan: BanID("nobody"), audit: draft())
        }
        await #expect(throws: StorageError.unknown("none")) {
            try await store.decide(
                planted.decision(overturns: DecisionID("none")), ban: planted.ban, liftsBan: nil,
                audit: draft())
        }
        await #expect(throws: StorageError.unknown("none")) {
            try await store.decide(
                planted.decision(appeal: AppealID("none")), ban: nil, liftsBan: nil, audit: draft())
        }
        await #expect(throws: StorageError.unknown(planted.decision().id.text)) {
            try await store.save(planted.appeal, audit: draft())
        }
        await #expect(throws: StorageError.unknown("none")) {
            try await store.setLegalHold(true, on: ReportID("none"), audit: draft(.caseHold))
        }
        await #expect(throws: StorageError.unknown("none")) {
            try await store.addReferral(
                Referral(madeAt: start, by: "a", to: "b"), to: ReportID("none"), audit: draft())
        }
        await #expect(throws: StorageError.unknown("none")) {
            try await store.setPriority(1, of: ReportID("none"))
        }
        #expect(try await counts(store.path) == [0, 0, 0, 0, 0])
        #expect(try await store.report(planted.report.id) == planted.report, "it is still open")

        try await store.save(planted.ban)
        await #expect(throws: StorageError.duplicate(planted.decision().id.text)) {
            try await store.decide(planted.decision(), ban: planted.ban, liftsBan: nil, audit: draft())
        }
        #expect(try await counts(store.path) == [0, 1, 1, 0, 0])
        try await store.decide(planted.decision(), ban: nil, liftsBan: nil, audit: draft())
        await #expect(throws: StorageError.duplicate(planted.decision().id.text)) {
            try await store.decide(planted.decision(), ban: nil, liftsBan: nil, audit: draft())
        }
        #expect(try await counts(store.path) == [1, 1, 1, 1, 0])
    }

    @Test("a second one that contradicts is appended, lifts the ban and turns the class")
    func contradiction() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        #expect(
            try await store.decide(planted.decision(), ban: planted.ban, liftsBan: nil, audit: draft()) == 1)
        #expect(try await store.report(planted.report.id)?.retention == .violation)
        #expect(try await store.bans(inForceAt: start.addingTimeInterval(5)) == [planted.ban])
        let second = planted.decision("second", overturns: planted.decision().id, .rejected)
        #expect(
            try await store.decide(second, ban: nil, liftsBan: planted.ban.id, audit: draft()) == 2)
        #expect(try await store.decisions(of: planted.report.id) == [planted.decision(), second])
        #expect(try await store.report(planted.report.id)?.retention == .noViolation)
        #expect(try await store.bans(inForceAt: start.addingTimeInterval(5)).isEmpty)
        #expect(try await store.reports(.all, limit: 9, after: nil).reports.map(\.outcome) == [.rejected])
        #expect(try await store.reports(.all, limit: 9, after: nil).reports.map(\.decisions) == [2])
    }

    @Test("an appeal is open until a decision answers it, also when its report is gone")
    func appeals() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        try await store.decide(planted.decision(), ban: nil, liftsBan: nil, audit: draft())
        try await store.save(planted.appeal, audit: nil)
        #expect(try await store.appeals(.open, limit: 9) == [planted.appeal])
        #expect(try await store.appeals(.answered, limit: 9).isEmpty)
        #expect(try await store.appeals(against: planted.decision().id) == [planted.appeal])
        var answer = planted.decision(
            "answer", appeal: planted.appeal.id, overturns: planted.decision().id, .rejected)
        answer.report = ReportID("long gone")
        try await store.decide(answer, ban: nil, liftsBan: nil, audit: draft(.appealDecided))
        #expect(try await store.appeals(.open, limit: 9).isEmpty)
        #expect(try await store.appeals(.all, limit: 9).map(\.answeredBy) == [answer.id])
        #expect(try await store.appeals(.answered, limit: 9).map(\.id) == [planted.appeal.id])
    }

    @Test("nobody changes, replaces or deletes one by mistake, nor an entry of the audit log")
    func appendOnly() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await planted.plant(in: store)
        let before = try await counts(store.path)
        let other = try DatabaseQueue(path: store.path)
        for sql in [
            "UPDATE decision SET facts = 'other'", "DELETE FROM decision",
            "INSERT OR REPLACE INTO decision SELECT * FROM decision",
            "UPDATE audit_entry SET who = 'other'", "DELETE FROM audit_entry",
            "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
        ] {
            await #expect(throws: DatabaseError.self, "\(sql)") {
                try await other.write { db in try db.execute(sql: sql) }
            }
        }
        #expect(try await counts(store.path) == before)
        #expect(try await store.verifyAudit().isSound)
    }

    @Test("on a full disk: a typed error, and neither decision nor ban nor entry")
    func full() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        try await store.limitGrowth(pages: 1)
        var long = planted.decision()
        long.facts = String(repeating: "x", count: 50_000)
        await #expect(throws: StorageError.full(path: store.path)) {
            try await store.decide(long, ban: planted.ban, liftsBan: nil, audit: draft())
        }
        #expect(try await counts(store.path) == [0, 0, 0, 0, 0])
        #expect(try await store.report(planted.report.id) == planted.report)
        try await store.limitGrowth(pages: nil)
        try await store.decide(long, ban: planted.ban, liftsBan: nil, audit: draft())
        #expect(try await counts(store.path) == [1, 1, 1, 1, 0])
    }
}
