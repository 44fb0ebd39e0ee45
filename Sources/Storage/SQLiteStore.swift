package import FoundationEssentials
internal import GRDB
package import RelayTypes

/// The records in one SQLite file, through GRDB.
///
/// Writes that arrive while another is on its way to the disk wait together and share one transaction, so
/// that a thousand reports at once cost a few flushes of the disk instead of a thousand.
package actor SQLiteStore: ReportStore {
    /// How long records are kept.
    package struct Retention: Sendable, Equatable {
        /// Reports, in seconds; default 90 days.
        package var reports: TimeInterval = 90 * 86_400
        /// Pairs after their end, for reports by receipt, in seconds; default 24 h.
        package var pairs: TimeInterval = 86_400

        package init() {}

        package init(reports: TimeInterval, pairs: TimeInterval) {
            self.reports = reports
            self.pairs = pairs
        }
    }

    /// The file.
    package nonisolated let path: String
    private nonisolated let retention: Retention
    private nonisolated let database: DatabasePool
    private let queue: CommitQueue

    private init(path: String, retention: Retention, file: DatabaseFile) {
        self.path = path
        self.retention = retention
        self.database = file.pool
        self.queue = CommitQueue(file: file)
    }

    /// Opens a database, makes its file and folder where there are none, and brings its tables up to date.
    ///
    /// - Parameter patience: how long to wait for another program's lock, in seconds.
    package static func open(
        path: String, retention: Retention = Retention(), patience: TimeInterval = 2
    ) async throws(StorageError) -> SQLiteStore {
        let file = try DatabaseFile.open(path: path, patience: patience)
        return SQLiteStore(path: path, retention: retention, file: file)
    }

    /// Closes the file, after what is being written.
    ///
    /// Calls after this throw.
    package func close() async {
        await queue.settle()
        try? database.close()
    }

    // MARK: Reports

    package func save(_ report: ReportRecord) async throws(StorageError) {
        _ = try await queue.write(named: report.id.text) { db in
            try report.insert(into: db)
            return 1
        }
    }

    package func report(_ id: ReportID) async throws(StorageError) -> ReportRecord? {
        try await read { db in try ReportRecord.find(id, in: db) }
    }

    // MARK: Pairs

    package func savePair(_ pair: PairRecord) async throws(StorageError) {
        _ = try await queue.write(named: pair.pair.text) { db in
            try pair.write(to: db)
            return 1
        }
    }

    package func endPair(_ pair: PairID, at end: Date) async throws(StorageError) {
        _ = try await queue.write(named: pair.text) { db in
            try db.execute(
                sql: "UPDATE pair SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                arguments: [end.milliseconds, pair.text])
            return db.changesCount
        }
    }

    package func pair(
        forReceipt receipt: String, since: Date
    ) async throws(StorageError) -> ReceiptRecord? {
        let hash = ReceiptHash(of: receipt)
        return try await read { db in try ReceiptRecord.find(hash, since: since, in: db) }
    }

    // MARK: Bans

    package func save(_ ban: BanRecord) async throws(StorageError) {
        _ = try await queue.write(named: ban.id.text) { db in
            try ban.insert(into: db)
            return 1
        }
    }

    package func liftBan(_ ban: BanID, at date: Date) async throws(StorageError) {
        _ = try await queue.write(named: ban.text) { db in
            try db.execute(
                sql: "UPDATE ban SET lifted_at = ? WHERE id = ? AND lifted_at IS NULL",
                arguments: [date.milliseconds, ban.text])
            return db.changesCount
        }
    }

    package func bans(inForceAt now: Date) async throws(StorageError) -> [BanRecord] {
        try await read { db in try BanRecord.inForce(at: now, in: db) }
    }

    // MARK: Housekeeping

    @discardableResult
    package func deleteExpired(now: Date) async throws(StorageError) -> Int {
        let oldestReport = now.addingTimeInterval(-retention.reports).milliseconds
        let oldestPair = now.addingTimeInterval(-retention.pairs).milliseconds
        // A pair without an end may be running still: it is kept for twice as long.
        let oldestStart = now.addingTimeInterval(-2 * retention.pairs).milliseconds
        return try await queue.write(named: "expired") { db in
            try db.execute(sql: "DELETE FROM report WHERE received_at <= ?", arguments: [oldestReport])
            let reports = db.changesCount
            try db.execute(
                sql: "DELETE FROM pair WHERE ended_at <= ? OR (ended_at IS NULL AND started_at <= ?)",
                arguments: [oldestPair, oldestStart])
            let pairs = db.changesCount
            // A mark that has run out says nothing any more, and might be somebody else's address by now.
            try db.execute(
                sql: """
                    DELETE FROM ban_mark WHERE until <= ?
                        OR ban IN (SELECT id FROM ban WHERE lifted_at IS NOT NULL OR until <= ?)
                    """,
                arguments: [now.milliseconds, now.milliseconds])
            return reports + pairs
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
            _ = try await queue.write(named: "probe") { db in
                try db.execute(sql: "UPDATE probe SET written = written + 1 WHERE id = 1")
                return 1
            }
            return true
        } catch {
            return false
        }
    }

    /// Reads what has been written so far, and what was asked to be written before this call.
    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        await queue.settle()
        do {
            return try await database.read(body)
        } catch {
            throw StorageError(error, path: path)
        }
    }

    // MARK: For tests

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
