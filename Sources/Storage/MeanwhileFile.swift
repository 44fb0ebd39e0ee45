internal import Foundation
internal import GRDB
internal import Glibc
internal import RelayTypes

/// Where reports are written while the database is written anew.
///
/// `VACUUM` keeps every other writer out for as long as it takes, which is seconds for a large file. A report that comes
/// then is durable here at once, and goes into the database as soon as that is free: or, after a crash, at the next start.
struct MeanwhileFile: Sendable {
    let file: DatabaseFile
    /// Held as long as this process uses the file: another one may have the same records open.
    private let lock: FileLock

    private static func path(besides path: String) -> String { path + "-meanwhile" }

    /// Must not run on a thread that others need: it waits for the disk.
    ///
    /// - Throws: ``StorageError/locked(path:)`` where another process uses it.
    static func open(besides path: String) throws(StorageError) -> MeanwhileFile {
        let path = Self.path(besides: path)
        let lock = try FileLock(path: path)
        return MeanwhileFile(file: try DatabaseFile.open(path: path, patience: 2), lock: lock)
    }

    /// Takes in what a process that has ended has left.
    static func takeBack(into file: DatabaseFile) throws(StorageError) {
        guard FileManager.default.fileExists(atPath: path(besides: file.path)) else { return }
        let left: MeanwhileFile
        do {
            left = try open(besides: file.path)
        } catch .locked {
            return  // Its owner runs, and takes it in itself.
        }
        do {
            try file.pool.write { db in try left.move(into: db) }
        } catch {
            throw StorageError(error, path: file.path)
        }
        left.remove()
    }

    /// What a report consists of: its table, what names the report there, and the order of the rows.
    private static let parts = [
        (table: "report", report: "id", order: "rowid"),
        (table: "report_mark", report: "report", order: "report, role, number"),
        (table: "referral", report: "report", order: "seq"),
    ]

    /// Copies its reports into the database, row by row; one that is there already was copied before a crash.
    func move(into db: Database) throws {
        let rows = try file.pool.read { aside in
            try Self.parts.map { part in
                try Row.fetchAll(aside, sql: "SELECT * FROM \(part.table) ORDER BY \(part.order)")
            }
        }
        let ids = try (rows.first ?? []).compactMap { $0["id"] as String? }
            .filter { try !ReportRecord.exists(ReportID($0), in: db) }
        let missing = Set(ids)
        for (part, rows) in zip(Self.parts, rows) {
            for row in rows where (row[part.report] as String?).map(missing.contains) ?? false {
                // A number of the other file's own.
                let names = row.columnNames.filter { $0 != "seq" }
                let places = names.map { _ in "?" }.joined(separator: ", ")
                let values = names.map { row[$0] as DatabaseValue }
                try db.cachedStatement(
                    sql: "INSERT INTO \(part.table) (\(names.joined(separator: ", "))) VALUES (\(places))"
                )
                .execute(arguments: StatementArguments(values))
            }
        }
    }

    /// Deletes it, once everything that it holds is in the database.
    func remove() {
        try? file.pool.close()
        for suffix in ["", "-wal", "-shm"] { unlink(file.path + suffix) }
    }
}

/// A lock on a whole file (`flock`), which ends with the process that holds it; SQLite's own are of another kind.
private final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StorageError/locked(path:)`` where another process holds it.
    init(path: String) throws(StorageError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, why: String(cString: strerror(errno)))
        }
        var (own, there) = (stat(), stat())
        // Whoever held it may have deleted the file just before.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &own) == 0,
            stat(path, &there) == 0,
            own.st_ino == there.st_ino, own.st_dev == there.st_dev
        else {
            Glibc.close(descriptor)
            throw .locked(path: path)
        }
        self.descriptor = descriptor
    }

    /// After SQLite has closed the file: closing a descriptor ends every POSIX lock of this process on it.
    deinit { Glibc.close(descriptor) }
}
