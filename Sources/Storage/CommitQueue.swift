internal import Foundation
internal import GRDB
internal import Synchronization

/// One write: what to do inside a transaction, and who waits for it.
struct PendingWrite {
    /// What the record is called, for ``StorageError/duplicate(_:)``.
    let name: String
    /// Returns a number for whoever waits; an error of its own undoes it, and nothing else of the transaction.
    let perform: @Sendable (Database) throws -> Int
    /// Whether it may go into a ``MeanwhileFile``: it needs nothing that is in the database.
    let mayBeAside: Bool
    let waiter: CheckedContinuation<Result<Int, StorageError>, Never>
    let arrivedAt = ContinuousClock.now
}

/// Commits writes together (group commit): while one transaction is on its way to the disk, the writes that
/// arrive wait, and then share the next one.
actor CommitQueue {
    /// Most writes in one transaction: bounds how long the first of them waits.
    private static let batch = 512

    /// Where writes go.
    private enum Place {
        case database
        /// The database is being written anew: what may goes into the other file, the rest waits.
        case aside(MeanwhileFile)
        /// It is free again, and the other file's reports come first.
        case returning(MeanwhileFile)
    }

    private let file: DatabaseFile
    private var place = Place.database
    private var waiting: [PendingWrite] = []
    private var isCommitting = false
    /// Whether the latest transaction could not be made durable.
    private(set) var lastCommitFailed = false
    private(set) var lastCommit: ContinuousClock.Instant?
    /// How many transactions have been tried, the running one included.
    private(set) var transactions = 0
    /// How many of them are on disk, and how many the disk did not take.
    private(set) var commits: UInt64 = 0
    private(set) var failures: UInt64 = 0
    /// Writes of the transaction that is on its way.
    private var inTransaction = 0
    /// When the write arrived that has waited longest.
    private nonisolated let oldest = Mutex<ContinuousClock.Instant?>(nil)

    init(file: DatabaseFile) { self.file = file }

    /// How long the oldest write has waited; `nil` where none waits.
    ///
    /// Answers whatever the disk does.
    nonisolated var longestWait: Duration? { oldest.withLock { $0?.duration(to: .now) } }

    /// Writes that wait for a transaction, those of the running one included.
    var pendingWrites: Int { waiting.count + inTransaction }

    /// Returns when the write is durable, or has failed; it does not stop when the caller's task is
    /// cancelled.
    ///
    /// - Parameter mayBeAside: whether it needs nothing that is in the database, and so need not wait while that is
    ///   written anew.
    func write(
        named name: String, mayBeAside: Bool = false, _ perform: @escaping @Sendable (Database) throws -> Int
    ) async throws(StorageError) -> Int {
        let result = await withCheckedContinuation { waiter in
            waiting.append(
                PendingWrite(name: name, perform: perform, mayBeAside: mayBeAside, waiter: waiter))
            start()
        }
        return try result.get()
    }

    private func start() {
        guard !isCommitting else { return }
        isCommitting = true
        Task { await self.commitAll() }
    }

    /// Waits for every write that came before, whatever became of it, so that a read sees them.
    func settle() async {
        guard isCommitting || hasReportsAside else { return }
        _ = try? await write(named: "") { _ in 0 }
    }

    private func commitAll() async {
        while true {
            if case .returning(let meanwhile) = place, await takeBack(meanwhile) { place = .database }
            let (writes, file) = nextBatch()
            guard !writes.isEmpty else { break }
            transactions += 1
            inTransaction = writes.count
            oldest.withLock { $0 = writes.first?.arrivedAt }
            let results = await commit(writes, to: file)
            inTransaction = 0
            for (write, result) in zip(writes, results) { write.waiter.resume(returning: result) }
        }
        oldest.withLock { $0 = nil }
        isCommitting = false
    }

    private func nextBatch() -> ([PendingWrite], DatabaseFile) {
        guard case .aside(let meanwhile) = place else {
            let writes = Array(waiting.prefix(Self.batch))
            waiting.removeFirst(writes.count)
            return (writes, file)
        }
        var writes: [PendingWrite] = []
        waiting.removeAll { write in
            guard write.mayBeAside, writes.count < Self.batch else { return false }
            writes.append(write)
            return true
        }
        hasReportsAside = hasReportsAside || !writes.isEmpty
        return (writes, meanwhile.file)
    }

    // MARK: Writing the database anew

    /// Whether something may be in the other file, and not in the database yet.
    private var hasReportsAside = false

    /// Does something on the database that keeps every other writer out for long.
    ///
    /// Reports are written to another file meanwhile; where that cannot be opened, they wait.
    func withReportsAside<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        if case .database = place, let meanwhile = await Self.openMeanwhile(besides: file.path) {
            place = .aside(meanwhile)
        }
        defer {
            if case .aside(let meanwhile) = place {
                place = .returning(meanwhile)
                start()
            }
        }
        return try await file.pool.writeWithoutTransaction(body)
    }

    /// A queue of its own has a thread of its own: the disk may keep it.
    private static let fileQueue = DispatchQueue(label: "tidegate.meanwhile")

    private static func openMeanwhile(besides path: String) async -> MeanwhileFile? {
        await withCheckedContinuation { continuation in
            fileQueue.async { continuation.resume(returning: try? MeanwhileFile.open(besides: path)) }
        }
    }

    /// - Returns: whether everything is in the database; where the disk prevents it, the next write tries again.
    private func takeBack(_ meanwhile: MeanwhileFile) async -> Bool {
        do {
            try await file.pool.write { db in try meanwhile.move(into: db) }
            // What it holds is on disk in the database by now.
            await withCheckedContinuation { continuation in
                Self.fileQueue.async {
                    meanwhile.remove()
                    continuation.resume()
                }
            }
            hasReportsAside = false
            return true
        } catch {
            lastCommitFailed = true
            return false
        }
    }

    /// One transaction for all.
    ///
    /// A record that is there already, or lacks what it needs, fails alone; the disk fails them all.
    private func commit(
        _ writes: [PendingWrite], to file: DatabaseFile
    ) async -> [Result<Int, StorageError>] {
        let path = file.path
        let steps = writes.map { (name: $0.name, perform: $0.perform) }
        do {
            // Everything that asks the disk runs on the database's own thread: one that stands still there must not take
            // a thread from those that carry out cuts.
            let results = try await file.pool.write { db in
                try file.requireInPlace()
                return try steps.map { step in
                    try Self.carryOut(step.perform, named: step.name, in: db, at: path)
                }
            }
            lastCommitFailed = false
            lastCommit = .now
            commits += 1
            return results
        } catch {
            lastCommitFailed = true
            failures += 1
            let failure = StorageError(error, path: path)
            return writes.map { _ in .failure(failure) }
        }
    }

    private static func carryOut(
        _ perform: @Sendable (Database) throws -> Int, named name: String, in db: Database, at path: String
    ) throws -> Result<Int, StorageError> {
        do {
            var count = 0
            try db.inSavepoint {
                count = try perform(db)
                return .commit
            }
            return .success(count)
        } catch let error as StorageError {
            return .failure(error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            let names: [ResultCode] = [.SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_UNIQUE]
            return .failure(
                names.contains(error.extendedResultCode)
                    ? .duplicate(name) : .failed(path: path, why: error.message ?? "\(error.resultCode)"))
        }
    }
}
