package import FoundationEssentials
internal import GRDB
package import RelayTypes

extension SQLiteStore {
    @discardableResult
    package func decide(
        _ decision: DecisionRecord, ban: BanRecord?, liftsBan: BanID?, audit: AuditDraft
    ) async throws(StorageError) -> Int {
        let log = log
        let toldUntil = decision.madeAt.addingTimeInterval(retention.noViolation)
        return try await write(named: decision.id.text) { db in
            try decision.carryOut(in: db)
            try UntoldWord.owe(decision, until: toldUntil, in: db)
            try ban?.insert(into: db)
            if let liftsBan {
                guard try BanRecord.exists(liftsBan, in: db) else {
                    throw StorageError.unknown(liftsBan.text)
                }
                try BanRecord.lift(liftsBan, at: decision.madeAt, in: db)
            }
            return try log.append(DecisionSeal.binding(decision, to: audit), in: db)
        }
    }

    package func decision(_ id: DecisionID) async throws(StorageError) -> DecisionRecord? {
        try await read { db in try DecisionRecord.find(id, in: db) }
    }

    package func decisions(of report: ReportID) async throws(StorageError) -> [DecisionRecord] {
        try await read { db in try DecisionRecord.all(of: report, in: db) }
    }

    // MARK: Appeals

    package func save(_ appeal: AppealRecord, audit: AuditDraft?) async throws(StorageError) {
        let log = log
        try await write(named: appeal.id.text) { db in
            try appeal.insert(into: db)
            return try audit.map { try log.append($0, in: db) } ?? 0
        }
    }

    package func appeal(_ id: AppealID) async throws(StorageError) -> AppealRecord? {
        try await read { db in try AppealRecord.find(id, in: db) }
    }

    package func appeals(_ state: AppealState, limit: Int) async throws(StorageError) -> [AppealRecord] {
        try await read { db in try AppealRecord.all(state, limit: limit, in: db) }
    }

    package func appeals(against decision: DecisionID) async throws(StorageError) -> [AppealRecord] {
        try await read { db in try AppealRecord.all(against: decision, in: db) }
    }

    // MARK: Bans

    package func save(_ ban: BanRecord) async throws(StorageError) {
        try await write(named: ban.id.text) { db in
            try ban.insert(into: db)
            return 1
        }
    }

    package func liftBan(_ ban: BanID, at date: Date) async throws(StorageError) {
        try await write(named: ban.text) { db in
            try BanRecord.lift(ban, at: date, in: db)
            return db.changesCount
        }
    }

    package func bans(inForceAt now: Date) async throws(StorageError) -> [BanRecord] {
        try await read { db in try BanRecord.inForce(at: now, in: db) }
    }

    package func bans(
        after place: StandingBans.Place, inForceAt now: Date
    ) async throws(StorageError) -> StandingBans {
        try await read { db in try StandingBans.find(after: place, at: now, in: db) }
    }

    /// `PRAGMA data_version` of the one connection that writes: this process's own writes leave it as it is.
    package func foreignVersion() async throws(StorageError) -> Int64 {
        do {
            return try await database.writeWithoutTransaction { db in
                try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
            }
        } catch {
            throw StorageError(error, path: path)
        }
    }

    package func bans(madeBy decision: DecisionID) async throws(StorageError) -> [BanRecord] {
        try await read { db in try BanRecord.made(by: decision, in: db) }
    }
}
