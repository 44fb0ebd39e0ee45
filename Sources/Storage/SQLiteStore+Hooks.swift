package import FoundationEssentials
internal import GRDB

extension SQLiteStore: HookEventStore {
    package func save(_ events: [HookEventRecord], room: Int) async throws(StorageError) -> Int {
        try await write(named: "hook events") { db in
            let waiting = try Int.fetchOne(db, sql: "SELECT count(*) FROM hook_event") ?? 0
            let taken = events.prefix(max(room - waiting, 0))
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO hook_event (id, at, kind, body, attempts, next_at) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO NOTHING
                    """)
            for event in taken {
                try insert.execute(arguments: [
                    event.id, event.at.milliseconds, event.kind, event.body, event.attempts,
                    event.at.milliseconds,
                ])
            }
            return events.count - taken.count
        }
    }

    package func takeEvents(
        dueAt now: Date, most: Int, lease: TimeInterval
    ) async throws(StorageError) -> [HookEventRecord] {
        do {
            return try await database.write { db in
                let rows = try Row.fetchAll(
                    db,
                    sql: """
                        UPDATE hook_event SET attempts = attempts + 1, next_at = ?
                        WHERE seq IN (
                            SELECT seq FROM hook_event WHERE next_at <= ? ORDER BY next_at, seq LIMIT ?
                        )
                        RETURNING seq, id, at, kind, body, attempts
                        """,
                    arguments: [now.addingTimeInterval(lease).milliseconds, now.milliseconds, most])
                // RETURNING gives them in no order.
                return
                    rows.sorted { ($0["seq"] as Int64? ?? 0) < ($1["seq"] as Int64? ?? 0) }
                    .compactMap(HookEventRecord.init(row:))
            }
        } catch {
            throw StorageError(error, path: path)
        }
    }

    package func forgetEvent(_ id: String) async throws(StorageError) {
        try await write(named: id) { db in
            try db.cachedStatement(sql: "DELETE FROM hook_event WHERE id = ?").execute(arguments: [id])
            try db.owesErasure()
            return 1
        }
    }

    package func delayEvent(_ id: String, until: Date) async throws(StorageError) {
        try await write(named: id) { db in
            try db.cachedStatement(sql: "UPDATE hook_event SET next_at = ? WHERE id = ?")
                .execute(arguments: [until.milliseconds, id])
            return 1
        }
    }

    package func forgetEvents(before: Date) async throws(StorageError) -> Int {
        try await write(named: "hook events") { db in
            try db.execute(sql: "DELETE FROM hook_event WHERE at < ?", arguments: [before.milliseconds])
            let count = db.changesCount
            if count > 0 { try db.owesErasure() }
            return count
        }
    }

    package func backlog() async throws(StorageError) -> HookBacklog {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT count(*) AS waiting, min(at) AS oldest FROM hook_event")
            return HookBacklog(waiting: row?["waiting"] as Int? ?? 0, oldest: row?.date("oldest"))
        }
    }

    package func endpointGone(_ url: String) async throws(StorageError) -> Date? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT gone_since FROM hook_endpoint WHERE url = ?", arguments: [url])?
                .date("gone_since")
        }
    }

    package func setEndpoint(_ url: String, goneSince: Date?) async throws(StorageError) {
        try await write(named: url) { db in
            if let goneSince {
                try db.execute(
                    sql: """
                        INSERT INTO hook_endpoint (url, gone_since) VALUES (?, ?)
                        ON CONFLICT (url) DO UPDATE SET gone_since = excluded.gone_since
                        """,
                    arguments: [url, goneSince.milliseconds])
            } else {
                try db.execute(sql: "DELETE FROM hook_endpoint WHERE url = ?", arguments: [url])
            }
            return 1
        }
    }
}

extension Database {
    /// Notes that something was deleted, so that the next sweep takes it out of the files.
    fileprivate func owesErasure() throws {
        try cachedStatement(sql: "UPDATE sweep SET erased = 0 WHERE erased = 1").execute()
    }
}

extension HookEventRecord {
    fileprivate init?(row: Row) {
        guard let id = row["id"] as String?, let at = row.date("at"), let kind = row["kind"] as String?,
            let body = row["body"] as String?
        else { return nil }
        self.init(id: id, at: at, kind: kind, body: body, attempts: row["attempts"] as Int? ?? 0)
    }
}
