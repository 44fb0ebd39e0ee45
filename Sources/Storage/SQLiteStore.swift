package import FoundationEssentials
internal import GRDB
internal import Synchronization

/// The records in one SQLite file, through GRDB.
///
/// Writes that arrive while another is on its way to the disk wait together and share one transaction, so
/// that a thousand reports at once cost a few flushes of the disk instead of a thousand.
package actor SQLiteStore: ReportStore {
    /// The file.
    package nonisolated let path: String
    private nonisolated let keeping: Mutex<Retention>
    nonisolated let log: AuditLog
    nonisolated let database: DatabasePool
    let queue: CommitQueue

    private init(path: String, retention: Retention, keys: BanKeys, file: DatabaseFile) {
        self.path = path
        self.keeping = Mutex(retention)
        self.log = AuditLog(keys: keys)
        self.database = file.pool
        self.queue = CommitQueue(file: file)
    }

    /// Opens a database, makes its file and folder where there are none, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - keys: what seals the head of the audit log. With keys that are gone with the process, a later one cannot
    ///     tell the log from a forged one, and says so.
    ///   - patience: how long to wait for another program's lock, in seconds.
    package static func open(
        path: String, retention: Retention = Retention(), keys: BanKeys = BanKeys(),
        patience: TimeInterval = 2
    ) async throws(StorageError) -> SQLiteStore {
        let file = try DatabaseFile.open(path: path, patience: patience)
        try MeanwhileFile.takeBack(into: file)
        return SQLiteStore(path: path, retention: retention, keys: keys, file: file)
    }

    nonisolated var retention: Retention { keeping.withLock { $0 } }

    /// Keeps records for other lengths of time from now on.
    package nonisolated func keep(for retention: Retention) { keeping.withLock { $0 = retention } }

    /// Closes the file, after what is being written.
    ///
    /// Calls after this throw.
    package func close() async {
        await queue.settle()
        try? database.close()
    }

    // MARK: Writing and reading

    /// Writes in the next transaction; see ``CommitQueue``.
    @discardableResult
    func write(
        named name: String, _ perform: @escaping @Sendable (Database) throws -> Int
    ) async throws(StorageError) -> Int {
        try await queue.write(named: name, perform)
    }

    /// Reads what has been written so far, and what was asked to be written before this call.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        await queue.settle()
        do {
            return try await database.read(body)
        } catch {
            throw StorageError(error, path: path)
        }
    }

    /// Makes what was deleted disappear from the files; see ``Erasure``.
    ///
    /// - Returns: whether it has; where another reader or the disk prevents it, the next call tries again.
    func erase(at now: Date, small: Int = Erasure.small) async -> Bool {
        do {
            guard try await database.read({ db in try Erasure.takesLong(at: now, small: small, in: db) })
            else {
                return try await database.writeWithoutTransaction { db in
                    try Erasure.carryOut(at: now, small: small, in: db)
                }
            }
            return try await queue.withReportsAside { db in
                try Erasure.carryOut(at: now, small: small, in: db)
            }
        } catch {
            return false
        }
    }

    /// True where the latest write went well within the last second, or a write of one small row goes well
    /// now.
    package func isHealthy() async -> Bool {
        if await !queue.lastCommitFailed, let last = await queue.lastCommit,
            last.duration(to: .now) < .seconds(1)
        {
            return true
        }
        do {
            _ = try await queue.write(named: "probe", mayBeAside: true) { db in
                try db.execute(sql: "UPDATE probe SET written = written + 1 WHERE id = 1")
                return 1
            }
            return true
        } catch {
            return false
        }
    }

    package nonisolated var longestWait: Duration? { queue.longestWait }

    // MARK: For tests

    /// Lets nothing be written until `release` has returned, as a disk that hangs.
    ///
    /// - Parameter release: blocks its thread, which is none of the cooperative pool's.
    package func hang(until release: @escaping @Sendable () -> Void) async {
        _ = try? await database.writeWithoutTransaction { _ in release() }
    }

    /// How many transactions have been tried.
    package var transactions: Int { get async { await queue.transactions } }

    /// The values of connection settings, as the writing connection has them.
    package func settings(_ names: [String]) async throws(StorageError) -> [String] {
        do {
            return try await database.write { db in
                try names.map { name in try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "" }
            }
        } catch {
            throw StorageError(error, path: path)
        }
    }

    /// Lets the file grow by no more than so many pages, as a full disk would; `nil`: as much as SQLite can.
    package func limitGrowth(pages: Int?) async throws(StorageError) {
        do {
            try await database.write { db in
                let used = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                let limit = pages.map { used + $0 } ?? 1_073_741_823
                _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(limit)")
            }
        } catch {
            throw StorageError(error, path: path)
        }
    }
}
