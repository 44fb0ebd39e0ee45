internal import FoundationEssentials
internal import GRDB

/// How entries of the audit log become rows and rows become entries.
extension AuditEntry {
    init?(_ row: Row) {
        guard let number = row["number"] as Int?, let at = row.date("at"), let who = row["who"] as String?,
            let what = row["what"] as String?, let subject = row["subject"] as String?,
            let details = row["details"] as String?, let previous = row["previous"] as Data?,
            let hash = row["hash"] as Data?
        else { return nil }
        self.init(
            number: number, at: at, who: who, what: what, subject: subject, details: details,
            previous: Array(previous), hash: Array(hash))
    }

    func insert(into db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO audit_entry (number, at, who, what, subject, details, previous, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                number, at.milliseconds, who, what, subject, details, Data(previous), Data(hash),
            ])
    }

    static func all(after number: Int, limit: Int, in db: Database) throws -> [AuditEntry] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM audit_entry WHERE number > ? ORDER BY number LIMIT ?",
            arguments: [number, max(limit, 0)]
        )
        .compactMap(AuditEntry.init)
    }

    static func all(about subjects: [String], in db: Database) throws -> [AuditEntry] {
        let names = Array(Set(subjects.filter { !$0.isEmpty }))
        let marks = Array(repeating: "?", count: names.count).joined(separator: ", ")
        return
            try Row.fetchAll(
                db, sql: "SELECT * FROM audit_entry WHERE subject IN (\(marks)) ORDER BY number",
                arguments: StatementArguments(names)
            )
            .compactMap(AuditEntry.init)
    }
}

/// Where the log begins and ends, under the operator's key: a tail that was cut off is missed.
struct AuditBounds: Equatable {
    /// The number of the first entry that has not been swept.
    var first = 1
    /// The hash of the entry before the first one.
    var beforeFirst = AuditEntry.origin
    /// The number of the last entry; `first - 1` where there is none.
    var last = 0
    var hash = AuditEntry.origin

    /// What is sealed.
    var bytes: [UInt8] {
        var encoding = LengthPrefixed()
        encoding.append(Int64(first))
        encoding.append(beforeFirst)
        encoding.append(Int64(last))
        encoding.append(hash)
        return encoding.bytes
    }

    /// What there is, and whether one of the keys has made its seal; `nil` where there is none.
    static func find(_ keys: BanKeys, in db: Database) throws -> (bounds: AuditBounds, isGenuine: Bool)? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM audit_head WHERE id = 1") else { return nil }
        guard let first = row["first"] as Int?, let beforeFirst = row["before_first"] as Data?,
            let last = row["last"] as Int?, let hash = row["hash"] as Data?, let seal = row["seal"] as Data?
        else { return nil }
        let bounds = AuditBounds(
            first: first, beforeFirst: Array(beforeFirst), last: last, hash: Array(hash))
        return (bounds, keys.isAuditSeal(Array(seal), of: bounds.bytes))
    }

    func write(_ keys: BanKeys, to db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO audit_head (id, first, before_first, last, hash, seal)
                VALUES (1, ?, ?, ?, ?, ?)
                """,
            arguments: [first, Data(beforeFirst), last, Data(hash), Data(keys.auditSeal(of: bytes))])
    }
}
