package import FoundationEssentials
internal import GRDB
package import RelayTypes

/// What somebody has yet to be told of a decision about a report.
package struct UntoldWord: Sendable, Equatable {
    /// Whom it is for.
    package enum Role: String, Sendable, CaseIterable {
        /// What came of their report.
        case reporter
        /// A warning, or the answer to an appeal.
        case reported
    }

    package var report: ReportID
    package var role: Role
    package var decision: DecisionRecord
    /// What that person is recognised by.
    package var marks: [BanMark]
    /// The pair and the side by whose receipt a reporter is recognised, too.
    package var pair: PairID?
    package var side: Side?

    package init(
        report: ReportID, role: Role, decision: DecisionRecord, marks: [BanMark], pair: PairID? = nil,
        side: Side? = nil
    ) {
        self.report = report
        self.role = role
        self.decision = decision
        self.marks = marks
        self.pair = pair
        self.side = side
    }
}

extension UntoldWord {
    /// Notes who is to be told of a decision; the word on a report that it replaces is told no more.
    static func owe(_ decision: DecisionRecord, until end: Date, in db: Database) throws {
        guard let report = decision.report else { return }
        if decision.appeal == nil {
            try owe(.reporter, report, decision.id, until: end, where: "reporter IS NOT NULL", in: db)
        }
        if decision.appeal != nil || decision.action == .warn {
            try owe(.reported, report, decision.id, until: end, where: "1", in: db)
        } else {
            // Who is banned hears it at the door, and who is not has nothing to hear.
            try db.execute(
                sql: "DELETE FROM untold WHERE report = ? AND role = ?",
                arguments: [report.text, Role.reported.rawValue])
        }
    }

    private static func owe(
        _ role: Role, _ report: ReportID, _ decision: DecisionID, until end: Date,
        where condition: String, in db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO untold (report, role, decision, until)
                SELECT id, ?, ?, ? FROM report WHERE id = ? AND \(condition)
                ON CONFLICT (report, role) DO UPDATE SET decision = excluded.decision, until = excluded.until
                """,
            arguments: [role.rawValue, decision.text, end.milliseconds, report.text])
    }

    /// The latest of them, oldest first.
    static func all(at now: Date, most: Int, in db: Database) throws -> [UntoldWord] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT untold.report, untold.role, untold.decision, report.pair, report.reporter_side
                FROM untold JOIN report ON report.id = untold.report
                WHERE untold.until > ? ORDER BY untold.until DESC, untold.report LIMIT ?
                """,
            arguments: [now.milliseconds, most])
        let marks = try db.cachedStatement(
            sql: "SELECT * FROM report_mark WHERE report = ? AND role = ? ORDER BY number")
        return try rows.reversed()
            .compactMap { row in
                guard let id = row["report"] as String?,
                    let role = (row["role"] as String?).flatMap(Role.init),
                    let name = row["decision"] as String?,
                    let decision = try DecisionRecord.find(DecisionID(name), in: db)
                else { return nil }
                let isReporter = role == .reporter
                return UntoldWord(
                    report: ReportID(id), role: role, decision: decision,
                    marks: try Row.fetchAll(marks, arguments: [id, role.rawValue]).compactMap(BanMark.init),
                    pair: isReporter ? (row["pair"] as String?).map(PairID.init) : nil,
                    side: isReporter ? (row["reporter_side"] as Int64?).flatMap(Side.init(stored:)) : nil)
            }
    }
}

extension SQLiteStore {
    package func untold(at now: Date, most: Int) async throws(StorageError) -> [UntoldWord] {
        try await read { db in try UntoldWord.all(at: now, most: most, in: db) }
    }

    package func told(
        _ role: UntoldWord.Role, of report: ReportID, by decision: DecisionID
    ) async throws(StorageError) {
        try await write(named: report.text) { db in
            try db.execute(
                sql: "DELETE FROM untold WHERE report = ? AND role = ? AND decision = ?",
                arguments: [report.text, role.rawValue, decision.text])
            return db.changesCount
        }
    }
}
