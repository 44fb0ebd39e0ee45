package import FoundationEssentials
internal import GRDB
package import RelayTypes

extension SQLiteStore {
    package func save(_ report: ReportRecord) async throws(StorageError) {
        _ = try await queue.write(named: report.id.text, mayBeAside: true) { db in
            try report.insert(into: db)
            return 1
        }
    }

    package func report(_ id: ReportID) async throws(StorageError) -> ReportRecord? {
        let retention = retention
        return try await read { db in try ReportRecord.find(id, keeping: retention, in: db) }
    }

    package func reports(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?
    ) async throws(StorageError) -> ReportPage {
        try await read { db in try ReportQueue.page(state, limit: limit, after: cursor, in: db) }
    }

    package func openReports() async throws(StorageError) -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM report WHERE decided = 0") ?? 0
        }
    }

    package func reported(
        for reason: String, among most: Int
    ) async throws(StorageError) -> [ReportedPerson] {
        try await read { db in try ReportedPerson.find(reason, among: most, in: db) }
    }

    package func setPriority(_ priority: Int, of report: ReportID) async throws(StorageError) {
        try await change(report, set: "priority = ?", to: priority, audit: nil)
    }

    package func complete(_ report: ReportID, with dropped: DroppedSince) async throws(StorageError) {
        try await write(named: report.text) { db in
            try ReportRecord.complete(report, with: dropped, in: db)
            return 1
        }
    }

    package func setLegalHold(
        _ isHeld: Bool, on report: ReportID, audit: AuditDraft?
    ) async throws(StorageError) {
        try await change(report, set: "legal_hold = ?", to: isHeld ? 1 : 0, audit: audit)
    }

    private func change(
        _ report: ReportID, set assignment: String, to value: Int, audit: AuditDraft?
    ) async throws(StorageError) {
        let log = log
        try await write(named: report.text) { db in
            try db.cachedStatement(sql: "UPDATE report SET \(assignment) WHERE id = ?")
                .execute(arguments: [value, report.text])
            guard db.changesCount > 0 else { throw StorageError.unknown(report.text) }
            return try audit.map { try log.append($0, in: db) } ?? 0
        }
    }

    package func addReferral(
        _ referral: Referral, to report: ReportID, audit: AuditDraft?
    ) async throws(StorageError) {
        let log = log
        try await write(named: report.text) { db in
            guard try ReportRecord.exists(report, in: db) else { throw StorageError.unknown(report.text) }
            try referral.insert(of: report, into: db)
            return try audit.map { try log.append($0, in: db) } ?? 0
        }
    }

    package func casefile(_ id: ReportID) async throws(StorageError) -> Casefile? {
        let (retention, log) = (retention, log)
        return try await read { db in
            guard let report = try ReportRecord.find(id, keeping: retention, in: db) else { return nil }
            let decisions = try DecisionRecord.all(of: id, in: db)
            let appeals = try decisions.flatMap { try AppealRecord.all(against: $0.id, in: db) }
            let bans = try decisions.flatMap { try BanRecord.made(by: $0.id, in: db) }
            let names = decisions.map(\.id.text) + appeals.map(\.id.text) + bans.map(\.id.text)
            let bounds = try AuditBounds.find(log.keys, in: db)?.bounds ?? AuditBounds()
            return Casefile(
                report: report, decisions: decisions, appeals: appeals, bans: bans,
                audit: try AuditEntry.all(about: [id.text] + names, in: db),
                auditHead: AuditHead(number: bounds.last, hash: bounds.hash))
        }
    }

    // MARK: Fairness

    package func reporterStanding(
        of peer: PeerID?, marks: [BanMark]
    ) async throws(StorageError) -> ReporterStanding {
        let peers = Set([peer?.text].compactMap { $0 })
        return try await read { db in try ReporterStanding.find(of: peers, marks: Set(marks), in: db) }
    }

    package func strangersReports(
        against peer: PeerID, marks: [BanMark], since: Date
    ) async throws(StorageError) -> [StrangerReport] {
        let most = Self.mostStrangers
        return try await read { db in
            try StrangerReport.find(against: peer, marks: marks, since: since, most: most, in: db)
        }
    }
}
