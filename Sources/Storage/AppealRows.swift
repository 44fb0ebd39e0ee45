internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// How appeals become rows and rows become appeals.
extension AppealRecord {
    /// The answer is the latest decision that names the appeal, so that an appeal never needs to be changed.
    private static let columns = """
        SELECT appeal.*, (
            SELECT decision.id FROM decision WHERE decision.appeal = appeal.id ORDER BY decision.seq DESC LIMIT 1
        ) AS answered_by FROM appeal
        """

    /// - Throws: ``StorageError/unknown(_:)`` where there is no such decision.
    func insert(into db: Database) throws {
        guard try DecisionRecord.find(decision, in: db) != nil else {
            throw StorageError.unknown(decision.text)
        }
        try db.execute(
            sql: "INSERT INTO appeal (id, decision, received_at, text) VALUES (?, ?, ?, ?)",
            arguments: [id.text, decision.text, receivedAt.milliseconds, text])
    }

    static func find(_ id: AppealID, in db: Database) throws -> AppealRecord? {
        try Row.fetchOne(db, sql: "\(columns) WHERE appeal.id = ?", arguments: [id.text])
            .flatMap(AppealRecord.init)
    }

    static func all(_ state: AppealState, limit: Int, in db: Database) throws -> [AppealRecord] {
        let isAnswered = "EXISTS (SELECT 1 FROM decision WHERE decision.appeal = appeal.id)"
        let which =
            switch state {
            case .open: "WHERE NOT \(isAnswered)"
            case .answered: "WHERE \(isAnswered)"
            case .all: ""
            }
        return
            try Row.fetchAll(
                db, sql: "\(columns) \(which) ORDER BY appeal.seq LIMIT ?", arguments: [max(limit, 0)]
            )
            .compactMap(AppealRecord.init)
    }

    static func all(against decision: DecisionID, in db: Database) throws -> [AppealRecord] {
        try Row.fetchAll(
            db, sql: "\(columns) WHERE appeal.decision = ? ORDER BY appeal.seq", arguments: [decision.text]
        )
        .compactMap(AppealRecord.init)
    }

    private init?(_ row: Row) {
        guard let id = row["id"] as String?, let decision = row["decision"] as String?,
            let receivedAt = row.date("received_at"), let text = row["text"] as String?
        else { return nil }
        self.init(
            id: AppealID(id), decision: DecisionID(decision), receivedAt: receivedAt, text: text,
            answeredBy: (row["answered_by"] as String?).map(DecisionID.init))
    }
}
