internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// Bans in force, and how far the table has been read.
package struct StandingBans: Sendable {
    package var bans: [(ban: BanRecord, isAutomated: Bool)]
    /// What was written later comes after this place.
    package var place: Int64
}

extension StandingBans {
    /// One walk through the table: a server with many bans must be up in a second.
    static func find(after place: Int64, at now: Date, in db: Database) throws -> StandingBans {
        let last = try Int64.fetchOne(db, sql: "SELECT max(rowid) FROM ban") ?? 0
        // A file that has been written anew numbers its rows anew.
        let start = last < place ? 0 : place
        var result = StandingBans(bans: [], place: last)
        guard last > start else { return result }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT ban.*, decision.automated_decision AS automated, ban_mark.handle AS handle,
                    ban_mark.hash AS hash, ban_mark.until AS mark_until
                FROM ban LEFT JOIN decision ON decision.id = ban.decision LEFT JOIN ban_mark ON ban_mark.ban = ban.id
                WHERE ban.rowid > ? AND ban.rowid <= ? AND ban.lifted_at IS NULL
                    AND (ban.until IS NULL OR ban.until > ?)
                ORDER BY ban.rowid, ban_mark.handle, ban_mark.hash
                """,
            arguments: [start, last, now.milliseconds])
        while let row = try rows.next() {
            guard let id = row["id"] as String? else { continue }
            if result.bans.last?.ban.id.text != id {
                guard let ban = BanRecord(row) else { continue }
                result.bans.append((ban, row["automated"] as Bool? ?? false))
            }
            guard let mark = BanMark(row), let index = result.bans.indices.last else { continue }
            result.bans[index].ban.holds.append(BanRecord.Hold(mark: mark, until: row.date("mark_until")))
        }
        return result
    }
}
