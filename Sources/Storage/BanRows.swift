internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// How bans become rows and rows become bans.
extension BanRecord {
    func insert(into db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO ban (id, decision, peer, made_at, until, reason, facts, lifted_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.text, decision.text, peer.text, madeAt.milliseconds, until?.milliseconds, reason, facts,
                liftedAt?.milliseconds,
            ])
        for hold in holds {
            try db.execute(
                sql: "INSERT INTO ban_mark (ban, handle, hash, until) VALUES (?, ?, ?, ?)",
                arguments: [
                    id.text, hold.mark.handle.rawValue, Data(hold.mark.hash), hold.until?.milliseconds,
                ])
        }
    }

    /// Every ban that has not been lifted and has not run out.
    static func inForce(at now: Date, in db: Database) throws -> [BanRecord] {
        try all(
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM ban WHERE lifted_at IS NULL AND (until IS NULL OR until > ?)
                    ORDER BY made_at, id
                    """,
                arguments: [now.milliseconds]), in: db)
    }

    /// The bans that a decision has made, in force or not.
    static func made(by decision: DecisionID, in db: Database) throws -> [BanRecord] {
        try all(
            try Row.fetchAll(
                db, sql: "SELECT * FROM ban WHERE decision = ? ORDER BY made_at, id",
                arguments: [decision.text]), in: db)
    }

    static func exists(_ id: BanID, in db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT 1 FROM ban WHERE id = ?", arguments: [id.text]) ?? false
    }

    static func lift(_ id: BanID, at date: Date, in db: Database) throws {
        try db.execute(
            sql: "UPDATE ban SET lifted_at = ? WHERE id = ? AND lifted_at IS NULL",
            arguments: [date.milliseconds, id.text])
    }

    private static func all(_ rows: [Row], in db: Database) throws -> [BanRecord] {
        try rows.compactMap { row in
            guard var ban = BanRecord(row) else { return nil }
            ban.holds =
                try Row.fetchAll(
                    db, sql: "SELECT * FROM ban_mark WHERE ban = ? ORDER BY handle, hash",
                    arguments: [ban.id.text]
                )
                .compactMap(Hold.init)
            return ban
        }
    }

    /// Without its marks.
    init?(_ row: Row) {
        guard let id = row["id"] as String?, let decision = row["decision"] as String?,
            let peer = row["peer"] as String?, let madeAt = row["made_at"] as Int64?,
            let reason = row["reason"] as String?, let facts = row["facts"] as String?
        else { return nil }
        self.init(
            id: BanID(id), decision: DecisionID(decision), peer: PeerID(peer),
            madeAt: Date(milliseconds: madeAt),
            until: row.date("until"), reason: reason, facts: facts,
            holds: [], liftedAt: row.date("lifted_at"))
    }
}

extension BanRecord.Hold {
    fileprivate init?(_ row: Row) {
        guard let mark = BanMark(row) else { return nil }
        self.init(mark: mark, until: row.date("until"))
    }
}
