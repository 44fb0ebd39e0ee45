package import FoundationEssentials
internal import GRDB
internal import Synchronization

extension SQLiteStore {
    package func retentionStatus(now: Date) async throws(StorageError) -> [RetentionStatus] {
        let sweep = Sweep(at: now, keeping: retention, log: log)
        return try await read { db in try sweep.status(in: db) }
    }

    @discardableResult
    package func sweep(now: Date) async throws(StorageError) -> SweepResult {
        let sweep = Sweep(at: now, keeping: retention, log: log)
        var total = SweepResult()
        while true {
            let step = SweepStep()
            let count = try await write(named: "sweep") { db in
                let result = try sweep.carryOut(in: db)
                step.result.withLock { $0 = result }
                return result.total
            }
            guard count > 0 else { break }
            total += step.result.withLock { $0 }
        }
        total.isErased = await erase(at: now)
        return total
    }
}

/// What one transaction has deleted.
private final class SweepStep: Sendable {
    let result = Mutex(SweepResult())
}

extension SweepResult {
    fileprivate static func += (total: inout SweepResult, step: SweepResult) {
        total.reports += step.reports
        total.pairs += step.pairs
        total.decisions += step.decisions
        total.appeals += step.appeals
        total.bans += step.bans
        total.auditEntries += step.auditEntries
        total.marks += step.marks
        total.untold += step.untold
        total.hookEvents += step.hookEvents
    }
}
