internal import Foundation
internal import GRDB
internal import Glibc

/// An open SQLite file with today's tables.
struct DatabaseFile: Sendable {
    let path: String
    let pool: DatabasePool
    private let device: UInt64
    private let inode: UInt64

    /// Opens the file in WAL mode, which lets reads go on beside a write, and with `synchronous = FULL`,
    /// which flushes the log at every commit: what is confirmed survives a power failure.
    ///
    /// - Parameter patience: how long to wait for another program's lock, in seconds.
    static func open(path: String, patience: TimeInterval) throws(StorageError) -> DatabaseFile {
        try makeFile(path)
        do {
            let pool = try DatabasePool(path: path, configuration: configuration(patience: patience))
            // Before migrating, for a later version's tables must not be touched.
            if try pool.read({ db in try Schema.migrator.hasBeenSuperseded(db) }) {
                throw StorageError.newerSchema(path: path)
            }
            // GRDB sets NORMAL when it turns WAL on, after everything that the configuration could say.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            guard let (device, inode) = identity(of: path) else {
                throw StorageError.unreadable(path: path, why: "it has disappeared")
            }
            return DatabaseFile(path: path, pool: pool, device: device, inode: inode)
        } catch {
            throw StorageError(error, path: path)
        }
    }

    /// Fails where the file at ``path`` is no longer the one that is open.
    ///
    /// SQLite would go on writing to a file that nobody can find again.
    func requireInPlace() throws(StorageError) {
        guard let now = Self.identity(of: path), now == (device, inode) else {
            throw .unreadable(path: path, why: "the file was removed or replaced; restart the server")
        }
    }

    private static func configuration(patience: TimeInterval) -> Configuration {
        var configuration = Configuration()
        configuration.label = "tidegate"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { db in
            // What has been deleted is gone from the file too.
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    /// Makes the folder, and the file with mode 0600 before SQLite would make it readable for all.
    private static func makeFile(_ path: String) throws(StorageError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unreadable(path: path, why: "the folder \(folder) cannot be made")
        }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, why: String(cString: strerror(errno)))
        }
        Glibc.close(descriptor)
    }

    private static func identity(of path: String) -> (device: UInt64, inode: UInt64)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}

extension StorageError {
    /// What GRDB or SQLite said, as something that the operator can mend.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL: self = .full(path: path)
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(path: path)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path)
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                self = .unreadable(path: path, why: error.message ?? "permission denied")
            default: self = .failed(path: path, why: error.message ?? "\(error.resultCode)")
            }
        default: self = .failed(path: path, why: "\(error)")
        }
    }
}
