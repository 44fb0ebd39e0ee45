internal import Foundation
internal import GRDB

/// One write: what to do inside a transaction, and who waits for it.
struct PendingWrite {
    /// What the record is called, for ``StorageError/duplicate(_:)``.
    let name: String
    /// Returns a number for whoever waits; an error of its own undoes it, and nothing else of the transaction.
    let perform: @Sendable (Database) throws -> Int
    let waiter: CheckedContinuation<Result<Int, StorageError>, Never>
}

/// Commits writes together (group commit): while one transaction is on its way to the disk, the writes that
/// arrive wait, and then share the next one.
actor CommitQueue {
    /// Most writes in one transaction: bounds how long the first of them waits.
    private static let batch = 512

    private let file: DatabaseFile
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

    init(file: DatabaseFile) { self.file = file }

    /// Writes that wait for a transaction, those of the running one included.
    var pendingWrites: Int { waiting.count + inTransaction }

    /// Returns when the write is durable, or has failed; it does not stop when the caller's task is
    /// cancelled.
    func write(
        named name: String, _ perform: @escaping @Sendable (Database) throws -> Int
    ) async throws(StorageError) -> Int {
        let result = await withCheckedContinuation { waiter in
            waiting.append(PendingWrite(name: name, perform: perform, waiter: waiter))
            guard !isCommitting else { return }
            isCommitting = true
            Task { await self.commitAll() }
        }
        return try result.get()
    }

    /// Waits for every write that came before, whatever became of it, so that a read sees them.
    func settle() async {
        guard isCommitting else { return }
        _ = try? await write(named: "") { _ in 0 }
    }

    private func commitAll() async {
        while !waiting.isEmpty {
            let writes = Array(waiting.prefix(Self.batch))
            waiting.removeFirst(writes.count)
            transactions += 1
            inTransaction = writes.count
            let results = await commit(writes)
            inTransaction = 0
            for (write, result) in zip(writes, results) { write.waiter.resume(returning: result) }
        }
        isCommitting = false
    }

    /// One transaction for all.
    ///
    /// A record that is there already, or lacks what it needs, fails alone; the disk fails them all.
    private func commit(_ writes: [PendingWrite]) async -> [Result<Int, StorageError>] {
        let path = file.path
        let steps = writes.map { (name: $0.name, perform: $0.perform) }
        do {
            let file = file
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
