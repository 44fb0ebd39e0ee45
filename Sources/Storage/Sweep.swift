internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// Deletes what has been kept for long enough, one small step at a time.
///
/// A step is part of a transaction that reports may share, so that nobody waits for a long one.
struct Sweep: Sendable {
    /// Most rows of one kind in one step.
    private static let step = 500

    private let now: Int64
    private let lengths: Retention
    private let log: AuditLog

    init(at now: Date, keeping lengths: Retention, log: AuditLog) {
        self.now = now.milliseconds
        self.lengths = lengths
        self.log = log
    }

    /// Deletes some of each kind.
    ///
    /// - Returns: what was deleted; nothing where nothing is left to delete.
    func carryOut(in db: Database) throws -> SweepResult {
        var result = SweepResult()
        result.reports = try deleteReports(in: db)
        result.pairs = try delete("pair", key: "id", where: pairIsDue, [pairsUntil, runningUntil], in: db)
        result.marks = try deleteMarks(in: db)
        result.untold = try deleteUntold(in: db)
        result.hookEvents = try deleteHookEvents(in: db)
        result.bans = try delete("ban", key: "id", where: banIsDue, [until(lengths.violation)], in: db)
        // The permission and its withdrawal are one transaction with what it permits.
        try permit(decisions: until(lengths.decisions), audit: until(lengths.audit), in: db)
        result.decisions = try deleteDecisions(&result.appeals, in: db)
        result.auditEntries = try deleteAudit(in: db)
        try permit(decisions: nil, audit: nil, in: db)
        if result.total > 0 { try db.execute(sql: "UPDATE sweep SET erased = 0") }
        return result
    }

    /// What there is, and what is due now.
    func status(in db: Database) throws -> [RetentionStatus] {
        func count(_ table: String, _ condition: String, _ arguments: StatementArguments = []) throws -> Int {
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM \(table) WHERE \(condition)", arguments: arguments) ?? 0
        }
        var lines = try RetentionClass.allCases.filter { $0 != .legalHold }
            .map { kind in
                let due: StatementArguments = [kind.rawValue, until(lengths.length(of: kind) ?? 0)]
                let dated: StatementArguments = [kind.rawValue, now]
                return RetentionStatus(
                    name: kind.rawValue, length: lengths.length(of: kind),
                    records: try count("report", "legal_hold = 0 AND retention = ?", [kind.rawValue]),
                    due: try count("report", reportIsDueByClass, due)
                        + count("report", "retention = ? AND " + reportIsDueByDate, dated))
            }
        lines.append(
            RetentionStatus(
                name: RetentionClass.legalHold.rawValue, length: nil,
                records: try count("report", "legal_hold = 1"), due: 0))
        lines.append(
            RetentionStatus(
                name: "pair", length: lengths.pairs, records: try count("pair", "1"),
                due: try count("pair", pairIsDue, [pairsUntil, runningUntil])))
        lines.append(
            RetentionStatus(
                name: "decision", length: lengths.decisions, records: try count("decision", "1"),
                due: try count("decision", decisionIsDue, [until(lengths.decisions), now])))
        lines.append(
            RetentionStatus(
                name: "ban", length: lengths.violation, records: try count("ban", "1"),
                due: try count("ban", banIsDue, [until(lengths.violation)])))
        lines.append(
            RetentionStatus(
                name: "audit", length: lengths.audit, records: try count("audit_entry", "1"),
                due: try auditDue(in: db)))
        return lines
    }

    private func until(_ length: TimeInterval) -> Int64 {
        now - (Int64(exactly: (length * 1_000).rounded()) ?? Int64.max / 4)
    }

    private func delete(
        _ table: String, key: String, where condition: String, _ arguments: StatementArguments,
        in db: Database
    ) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM \(table) WHERE \(key) IN (
                    SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(Self.step))
                """, arguments: arguments)
        return db.changesCount
    }

    // MARK: Reports

    /// While an appeal is open, what it is about is needed.
    private static let noOpenAppeal = """
        NOT EXISTS (
            SELECT 1 FROM decision JOIN appeal ON appeal.decision = decision.id
            WHERE decision.report = report.id
                AND NOT EXISTS (SELECT 1 FROM decision AS answer WHERE answer.appeal = appeal.id))
        """

    private var reportIsDueByClass: String {
        """
        legal_hold = 0 AND retention = ? AND retained_since <= ? AND keep_until IS NULL AND \(Self.noOpenAppeal)
        """
    }

    private var reportIsDueByDate: String {
        "legal_hold = 0 AND keep_until IS NOT NULL AND keep_until <= ? AND \(Self.noOpenAppeal)"
    }

    private func deleteReports(in db: Database) throws -> Int {
        var deleted = try delete("report", key: "id", where: reportIsDueByDate, [now], in: db)
        for kind in RetentionClass.allCases {
            guard let length = lengths.length(of: kind) else { continue }
            deleted += try delete(
                "report", key: "id", where: reportIsDueByClass, [kind.rawValue, until(length)], in: db)
        }
        return deleted
    }

    // MARK: Pairs

    private var pairsUntil: Int64 { until(lengths.pairs) }
    /// A pair without an end may be running still: it is kept for twice as long.
    private var runningUntil: Int64 { until(2 * lengths.pairs) }
    private var pairIsDue: String {
        "coalesce(ended_at, started_at) <= ? AND (ended_at IS NOT NULL OR started_at <= ?)"
    }

    // MARK: Bans

    /// A mark that has run out says nothing any more, and might be somebody else's address by now.
    private func deleteMarks(in db: Database) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM ban_mark WHERE until <= ?
                    OR ban IN (SELECT id FROM ban WHERE lifted_at IS NOT NULL OR until <= ?)
                """,
            arguments: [now, now])
        return db.changesCount
    }

    private func deleteUntold(in db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM untold WHERE until <= ?", arguments: [now])
        return db.changesCount
    }

    /// Those that nobody tries to deliver any more, as where hooks have been switched off.
    private func deleteHookEvents(in db: Database) throws -> Int {
        try db.execute(
            sql: "DELETE FROM hook_event WHERE at <= ?", arguments: [until(HookEventRecord.lifetime)])
        return db.changesCount
    }

    private static let isHeld = "SELECT id FROM report WHERE legal_hold = 1"
    private var banIsDue: String {
        """
        coalesce(min(lifted_at, until), lifted_at, until) <= ?
            AND decision NOT IN (SELECT id FROM decision WHERE report IN (\(Self.isHeld)))
        """
    }

    // MARK: Decisions

    private func permit(decisions: Int64?, audit: Int64?, in db: Database) throws {
        try db.execute(
            sql: "UPDATE sweep SET decisions_until = ?, audit_until = ?", arguments: [decisions, audit])
    }

    /// A decision stays while its ban is in force, its appeal is open or its report is held.
    private var decisionIsDue: String {
        """
        made_at <= ? AND (report IS NULL OR report NOT IN (\(Self.isHeld)))
            AND NOT EXISTS (
                SELECT 1 FROM ban
                WHERE ban.decision = decision.id AND lifted_at IS NULL AND (until IS NULL OR until > ?))
            AND NOT EXISTS (
                SELECT 1 FROM appeal WHERE appeal.decision = decision.id
                    AND NOT EXISTS (SELECT 1 FROM decision AS answer WHERE answer.appeal = appeal.id))
        """
    }

    private func deleteDecisions(_ appeals: inout Int, in db: Database) throws -> Int {
        let ids = try String.fetchAll(
            db, sql: "SELECT id FROM decision WHERE \(decisionIsDue) ORDER BY made_at LIMIT \(Self.step)",
            arguments: [until(lengths.decisions), now])
        for id in ids {
            try db.execute(sql: "DELETE FROM appeal WHERE decision = ?", arguments: [id])
            appeals += db.changesCount
            try db.execute(sql: "DELETE FROM decision WHERE id = ?", arguments: [id])
        }
        return ids.count
    }

    // MARK: Audit log

    /// The log loses its beginning only, up to the first entry that is too young or concerns what is held.
    private func firstKeptEntry(in db: Database) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT number FROM audit_entry
                WHERE at > ? OR subject IN (\(Self.isHeld))
                    OR subject IN (SELECT id FROM decision WHERE report IN (\(Self.isHeld)))
                ORDER BY number LIMIT 1
                """,
            arguments: [until(lengths.audit)])
    }

    private func auditDue(in db: Database) throws -> Int {
        let kept = try firstKeptEntry(in: db)
        return try Int.fetchOne(
            db, sql: "SELECT count(*) FROM audit_entry WHERE ? IS NULL OR number < ?",
            arguments: [kept, kept])
            ?? 0
    }

    private func deleteAudit(in db: Database) throws -> Int {
        let kept = try firstKeptEntry(in: db)
        let due =
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM audit_entry WHERE ? IS NULL OR number < ? ORDER BY number LIMIT \(Self.step)
                    """,
                arguments: [kept, kept]
            )
            .compactMap(AuditEntry.init)
        guard let last = due.last else { return 0 }
        // Only a genuine head may move: over any other the log would forget that it was broken.
        guard var bounds = try AuditBounds.find(log.keys, in: db), bounds.isGenuine else { return 0 }
        try db.execute(sql: "DELETE FROM audit_entry WHERE number <= ?", arguments: [last.number])
        bounds.bounds.first = last.number + 1
        bounds.bounds.beforeFirst = last.hash
        try bounds.bounds.write(log.keys, to: db)
        return due.count
    }
}
