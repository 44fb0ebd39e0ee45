import Foundation
import GRDB
import ReferenceTools
import RelayTypes
import Testing

@testable import Storage

@Suite("What has been kept for long enough is gone, from the files too")
struct RetentionTests {
    private let day: TimeInterval = 86_400
    private let planted = Planted(name: "a")

    private func after(_ days: Double) -> Date { start.addingTimeInterval(days * day) }

    /// How often bytes occur in all files of a database.
    private func occurrences(_ needle: Data, _ path: String) throws -> Int {
        try ["", "-wal", "-shm"]
            .reduce(0) { found, suffix in
                guard FileManager.default.fileExists(atPath: path + suffix) else { return found }
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path + suffix))
                var count = 0
                var rest = bytes.startIndex..<bytes.endIndex
                while let hit = bytes.range(of: needle, in: rest) {
                    count += 1
                    rest = hit.upperBound..<bytes.endIndex
                }
                return found + count
            }
    }

    /// Every text and hash in every table, except words from closed lists.
    ///
    /// - Returns: what each column holds; nothing for a column without values.
    private func values(_ path: String) async throws -> [(column: String, values: [Data])] {
        let closed: Set = [
            "report.origin", "report.retention", "report.outcome", "report_mark.role", "report_mark.handle",
            "decision.by_kind", "decision.outcome", "decision.action", "decision.ground_kind",
            "ban_mark.handle", "untold.role", "hook_event.kind", "audit_entry.what", "report.proof",
            "report.gates_before",
        ]
        let own: Set = ["grdb_migrations", "audit_head", "sweep", "probe", "hook_endpoint"]
        let other = try DatabaseQueue(path: path)
        defer { try? other.close() }
        return try await other.read { db in
            let tables = try String.fetchAll(
                db,
                sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            return try tables.filter { !own.contains($0) }
                .flatMap { table in
                    try db.columns(in: table)
                        .filter { ["TEXT", "BLOB"].contains($0.type) }
                        .map { "\(table).\($0.name)" }.filter { !closed.contains($0) }
                        .map { column in
                            let sql =
                                "SELECT CAST(\(column) AS BLOB) FROM \(table) WHERE \(column) IS NOT NULL"
                            return (column, try Data.fetchAll(db, sql: sql))
                        }
                }
        }
    }

    @Test("a marker in every field of every table: after the sweep it is in none of the files")
    func markers() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await planted.plant(in: store)
        let columns = try await values(path)
        let hashes: Set = ["pair_side.receipt_hash", "audit_entry.hash", "audit_entry.previous"]
        for (column, values) in columns {
            #expect(!values.isEmpty, "\(column) is not planted")
            guard !hashes.contains(column) else { continue }
            for value in values { #expect(value.range(of: Data(marker.utf8)) != nil, "\(column)") }
        }
        let kept = columns.flatMap(\.values)
        for value in kept { #expect(try occurrences(value, path) > 0) }

        let head = try await store.auditHead()
        let result = try await store.sweep(now: after(6 * 366))
        #expect(result.isErased)
        #expect(result.reports == 1 && result.pairs == 1 && result.bans == 1 && result.appeals == 1)
        #expect(result.hookEvents == 1)
        #expect(result.decisions == 2 && result.auditEntries == 3)
        #expect(try await values(path).allSatisfy { $0.values.isEmpty })
        #expect(try occurrences(Data(marker.utf8), path) == 0)
        // What the log ended with is in its head, so that nobody can cut it off; it tells nothing.
        for value in kept where value != Data(head.hash) && value != Data(AuditEntry.origin) {
            #expect(try occurrences(value, path) == 0)
        }
        #expect(try await store.verifyAudit() == AuditVerdict(entries: 0, faults: []))
        #expect(try await store.auditHead() == head)
        #expect(try await store.audit(planted.draft(.retentionRan, "")) == 4)
        #expect(try await store.verifyAudit() == AuditVerdict(entries: 1, faults: []))
    }

    @Test(
        "of many, those that stay share pages with those that go, and no copy is left", arguments: [1, 2, 3])
    func sharedPages(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        var random = SplitMix64(seed: seed)
        let records = (0..<1_500)
            .map { number in
                let goes = Bool.random(using: &random)
                let text = String(
                    repeating: goes ? marker : "STAYING-", count: Int.random(in: 1...200, using: &random))
                var one = report(
                    "\(goes ? marker : "STAYING-")\(randomText(characters: 12, using: &random))",
                    at: after(goes ? 0 : 1), comment: text)
                one.priority = number % 7
                return one
            }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for one in records { group.addTask { try await store.save(one) } }
            try await group.waitForAll()
        }
        #expect(try occurrences(Data(marker.utf8), path) > 0)
        let result = try await store.sweep(now: after(90.5))
        #expect(result.isErased)
        #expect(result.reports == records.count { $0.receivedAt == start })
        #expect(try occurrences(Data(marker.utf8), path) == 0, "seed \(seed)")
        #expect(try await store.openReports() == records.count - result.reports)
    }

    @Test("each class goes at its end and not before")
    func classes() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        for (id, kind) in [
            ("none", RetentionClass.none), ("clean", .noViolation), ("bad", .violation), ("held", .legalHold),
        ] {
            var one = report(id)
            one.retention = kind
            try await store.save(one)
        }
        func left(_ days: Double) async throws -> [String] {
            let due = try await store.retentionStatus(now: after(days)).map(\.due).reduce(0, +)
            let result = try await store.sweep(now: after(days))
            #expect(due == result.reports, "what was announced is what went")
            return try await store.reports(.all, limit: 9, after: nil).reports.map(\.id.text).sorted()
        }
        #expect(try await left(0.99) == ["bad", "clean", "held", "none"])
        #expect(try await left(1) == ["bad", "clean", "held"])
        #expect(try await left(89.99) == ["bad", "clean", "held"])
        #expect(try await left(90) == ["bad", "held"])
        #expect(try await left(366) == ["held"])
        #expect(try await left(36_600) == ["held"])
        let draft = planted.draft(.caseHold, "held")
        try await store.setLegalHold(false, on: ReportID("held"), audit: draft)
        #expect(
            try await store.reports(.all, limit: 9, after: nil).reports.map(\.retention) == [.noViolation])
        #expect(try await store.sweep(now: after(90)).reports == 1)
    }

    @Test("a legal hold freezes the report and all that was decided and noted about it")
    func legalHold() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await planted.plant(in: store)
        try await store.setLegalHold(true, on: planted.report.id, audit: nil)
        let held = try #require(try await store.casefile(planted.report.id))
        #expect(held.report.retention == .legalHold && held.report.keepUntil == nil)
        let result = try await store.sweep(now: after(20 * 366))
        #expect(result.reports + result.decisions + result.appeals + result.bans + result.auditEntries == 0)
        var later = try #require(try await store.casefile(planted.report.id))
        #expect(later.bans.map(\.holds) == [[]], "its marks are over all the same")
        later.bans = held.bans
        #expect(later == held)
    }

    @Test("a decision outlives its report, stays while its ban is in force, then goes")
    func decisions() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        var ban = planted.ban
        ban.until = nil
        let draft = planted.draft(.decisionMade, "")
        try await store.decide(planted.decision(), ban: ban, liftsBan: nil, audit: draft)
        #expect(try await store.sweep(now: after(366.1)).reports == 1)
        #expect(try await store.sweep(now: after(6 * 366)).decisions == 0)
        #expect(try await store.bans(inForceAt: after(6 * 366)).count == 1)
        try await store.liftBan(ban.id, at: after(6 * 366))
        #expect(try await store.sweep(now: after(6 * 366 + 1)).decisions == 1)
        #expect(try await store.sweep(now: after(7 * 366 - 1)).bans == 0)
        #expect(try await store.sweep(now: after(7 * 366)).bans == 1)
    }

    @Test("while an appeal is open, what it is about is kept")
    func openAppeal() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(planted.report)
        let draft = planted.draft(.decisionMade, "")
        try await store.decide(planted.decision(), ban: nil, liftsBan: nil, audit: draft)
        try await store.save(planted.appeal, audit: nil)
        #expect(try await store.sweep(now: after(6 * 366)).reports == 0)
        #expect(try await store.decision(planted.decision().id) != nil)
        try await store.decide(
            planted.decision("answer", appeal: planted.appeal.id), ban: nil, liftsBan: nil, audit: draft)
        let result = try await store.sweep(now: after(6 * 366))
        #expect(result.reports == 1 && result.decisions == 2 && result.appeals == 1)
    }

    @Test("a reader that holds the log keeps it; the next sweep erases what the first could not")
    func reader() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path, patience: 0.01)
        try await store.save(planted.report)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true  // This one leaves its transaction open.
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM report")
        }
        #expect(try await store.sweep(now: after(1)).reports == 1)
        #expect(try await !store.sweep(now: after(1)).isErased)
        #expect(try occurrences(Data(marker.utf8), path) > 0)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        #expect(try await store.sweep(now: after(1)).isErased)
        #expect(try occurrences(Data(marker.utf8), path) == 0)
    }
}
