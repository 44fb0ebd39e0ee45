internal import FoundationEssentials
internal import GRDB
package import RelayTypes

/// Bans in force that are new to a reader, those that are not in force any more, and how far the table has been read.
package struct StandingBans: Sendable {
    /// How far the table of bans has been read.
    package struct Place: Sendable, Equatable {
        /// The last row.
        fileprivate var row: Int64 = 0
        /// `PRAGMA schema_version`: another one when the file has been written anew, which numbers rows anew.
        fileprivate var layout: Int64 = 0

        /// Before the first row.
        package static let start = Place()
    }

    package var bans: [(ban: BanRecord, isAutomated: Bool)]
    /// Every ban that was lifted, by whomever, and would be in force otherwise.
    package var lifted: [BanID]
    /// What was written later comes after this place.
    package var place: Place
}

extension StandingBans {
    /// One walk through the table: a server with many bans must be up in a second.
    static func find(after place: Place, at now: Date, in db: Database) throws -> StandingBans {
        let last = try Int64.fetchOne(db, sql: "SELECT max(rowid) FROM ban") ?? 0
        let layout = try Int64.fetchOne(db, sql: "PRAGMA schema_version") ?? 0
        let start = layout == place.layout && last >= place.row ? place.row : 0
        var result = StandingBans(bans: [], lifted: [], place: Place(row: last, layout: layout))
        // At the start nobody knows any ban that could have been lifted.
        if place != .start { result.lifted = try lifted(at: now, in: db) }
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

    private static func lifted(at now: Date, in db: Database) throws -> [BanID] {
        try String.fetchAll(
            db, sql: "SELECT id FROM ban WHERE lifted_at IS NOT NULL AND (until IS NULL OR until > ?)",
            arguments: [now.milliseconds]
        )
        .map { BanID($0) }
    }
}
