internal import FoundationEssentials
internal import GRDB

/// Makes what was deleted disappear from the files.
///
/// With `secure_delete` SQLite overwrites a row that it deletes, but not the copies of it that earlier splits of pages have
/// left in pages that are still in use, nor the write-ahead log. Only writing the file anew and emptying the log do.
enum Erasure {
    /// Up to this size the file is written anew after every sweep that deleted something, in bytes.
    static let small = 64 << 20
    /// How often a larger one is, in milliseconds: meanwhile reports go into another file, and all else waits.
    private static let interval: Int64 = 86_400_000

    /// Must not run inside a transaction.
    ///
    /// - Parameter small: up to this size a file is written anew at once, in bytes.
    /// - Returns: whether nothing deleted is left in the files.
    static func carryOut(at now: Date, small: Int, in db: Database) throws -> Bool {
        let isErased = try eraseIfOwed(at: now.milliseconds, small: small, in: db)
        return try db.checkpoint(.truncate).walFrameCount == 0 && isErased
    }

    /// Whether the file is to be written anew, and large.
    static func takesLong(at now: Date, small: Int, in db: Database) throws -> Bool {
        try isDue(at: now.milliseconds, small: small, in: db) && size(of: db) > small
    }

    private static func eraseIfOwed(at now: Int64, small: Int, in db: Database) throws -> Bool {
        guard try isOwed(db) else { return true }
        guard try isDue(at: now, small: small, in: db) else { return false }
        // A small file needs no other file to be written anew; a large one must not fill the memory.
        try db.execute(sql: "PRAGMA temp_store = \(size(of: db) > small ? "DEFAULT" : "MEMORY")")
        try db.execute(sql: "VACUUM")
        try db.execute(sql: "UPDATE sweep SET erased = 1, erased_at = ?", arguments: [now])
        return true
    }

    private static func isOwed(_ db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT erased = 0 FROM sweep") ?? false
    }

    private static func isDue(at now: Int64, small: Int, in db: Database) throws -> Bool {
        guard try isOwed(db) else { return false }
        let last = try Int64.fetchOne(db, sql: "SELECT erased_at FROM sweep")
        return try size(of: db) <= small || last.map { now - $0 >= interval } ?? true
    }

    /// In bytes.
    private static func size(of db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        return pages.multipliedReportingOverflow(by: pageSize).partialValue
    }
}
