internal import FoundationEssentials
internal import GRDB

/// Makes what was deleted disappear from the files.
///
/// With `secure_delete` SQLite overwrites a row that it deletes, but not the copies of it that earlier splits of pages have
/// left in pages that are still in use, nor the write-ahead log. Only writing the file anew and emptying the log do.
enum Erasure {
    /// Up to this size the file is written anew after every sweep that deleted something, in bytes.
    private static let small = 64 << 20
    /// How often a larger one is, in milliseconds: meanwhile no report can be written.
    private static let interval: Int64 = 86_400_000

    /// Must not run inside a transaction.
    ///
    /// - Returns: whether nothing deleted is left in the files.
    static func carryOut(at now: Date, in db: Database) throws -> Bool {
        let isErased = try eraseIfOwed(at: now.milliseconds, in: db)
        return try db.checkpoint(.truncate).walFrameCount == 0 && isErased
    }

    private static func eraseIfOwed(at now: Int64, in db: Database) throws -> Bool {
        guard let row = try Row.fetchOne(db, sql: "SELECT erased, erased_at FROM sweep"),
            row["erased"] == 0
        else { return true }
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        let isSmall = pages.multipliedReportingOverflow(by: pageSize).partialValue <= small
        if !isSmall, let last = row["erased_at"] as Int64?, now - last < interval { return false }
        // A small file needs no other file to be written anew; a large one must not fill the memory.
        try db.execute(sql: "PRAGMA temp_store = \(isSmall ? "MEMORY" : "DEFAULT")")
        try db.execute(sql: "VACUUM")
        try db.execute(sql: "UPDATE sweep SET erased = 1, erased_at = ?", arguments: [now])
        return true
    }
}
