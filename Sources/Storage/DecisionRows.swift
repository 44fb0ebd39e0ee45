internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// How decisions become rows and rows become decisions.
extension DecisionRecord {
    /// Checks that everything it refers to is there, and gives the report its outcome.
    ///
    /// - Throws: ``StorageError/unknown(_:)``, ``StorageError/duplicate(_:)``.
    func carryOut(in db: Database) throws {
        guard try DecisionRecord.find(id, in: db) == nil else { throw StorageError.duplicate(id.text) }
        if let appeal {
            guard try AppealRecord.find(appeal, in: db) != nil else {
                throw StorageError.unknown(appeal.text)
            }
        } else if let report, try !ReportRecord.exists(report, in: db) {
            throw StorageError.unknown(report.text)
        }
        if let overturns, try DecisionRecord.find(overturns, in: db) == nil {
            throw StorageError.unknown(overturns.text)
        }
        try insert(into: db)
        guard let report else { return }
        let kept: RetentionClass = outcome == .upheld ? .violation : .noViolation
        // A date that was set by hand would outlast or undercut the class.
        try db.execute(
            sql: """
                UPDATE report SET decided = 1, outcome = ?, retention = ?, retained_since = ?, keep_until = NULL
                WHERE id = ?
                """,
            arguments: [outcome.rawValue, kept.rawValue, madeAt.milliseconds, report.text])
    }

    private func insert(into db: Database) throws {
        let about: StatementArguments = [id.text, report?.text, appeal?.text, peer?.text]
        let made: StatementArguments = [
            madeAt.milliseconds, by, byKind.rawValue, outcome.rawValue, action.rawValue, until?.milliseconds,
        ]
        let why: StatementArguments = [
            groundKind.rawValue, ground, facts, automatedDetection ? 1 : 0, automatedDecision ? 1 : 0,
            statement,
            overturns?.text,
        ]
        try db.execute(
            sql: """
                INSERT INTO decision (
                    id, report, appeal, peer, made_at, made_by, by_kind, outcome, action, until, ground_kind,
                    ground, facts, automated_detection, automated_decision, statement, overturns
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: about + made + why)
    }

    static func find(_ id: DecisionID, in db: Database) throws -> DecisionRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM decision WHERE id = ?", arguments: [id.text])
            .flatMap(DecisionRecord.init)
    }

    static func all(of report: ReportID, in db: Database) throws -> [DecisionRecord] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM decision WHERE report = ? ORDER BY seq", arguments: [report.text]
        )
        .compactMap(DecisionRecord.init)
    }

    init?(_ row: Row) {
        guard let id = row["id"] as String?, let madeAt = row.date("made_at"),
            let by = row["made_by"] as String?, let byKind = (row["by_kind"] as String?).flatMap(Maker.init),
            let outcome = (row["outcome"] as String?).flatMap(Outcome.init),
            let action = (row["action"] as String?).flatMap(Action.init),
            let groundKind = (row["ground_kind"] as String?).flatMap(GroundKind.init),
            let ground = row["ground"] as String?, let facts = row["facts"] as String?,
            let detection = row["automated_detection"] as Bool?,
            let decision = row["automated_decision"] as Bool?, let statement = row["statement"] as String?
        else { return nil }
        self.init(
            id: DecisionID(id), report: (row["report"] as String?).map(ReportID.init),
            appeal: (row["appeal"] as String?).map(AppealID.init),
            peer: (row["peer"] as String?).map(PeerID.init), madeAt: madeAt, by: by, byKind: byKind,
            outcome: outcome, action: action, until: row.date("until"), groundKind: groundKind,
            ground: ground, facts: facts, automatedDetection: detection, automatedDecision: decision,
            statement: statement, overturns: (row["overturns"] as String?).map(DecisionID.init))
    }
}
