internal import GRDB

/// The tables, as a list of steps from an empty file to today's.
///
/// A step that has been released is never edited; a change is a new step. Times are milliseconds since 1970
/// UTC.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001 pairs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE pair (
                        id TEXT PRIMARY KEY NOT NULL,
                        started_at INTEGER NOT NULL,
                        ended_at INTEGER
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE pair_side (
                        pair TEXT NOT NULL REFERENCES pair(id) ON DELETE CASCADE,
                        side INTEGER NOT NULL CHECK (side IN (0, 1)),
                        peer TEXT NOT NULL,
                        band TEXT,
                        receipt_hash BLOB NOT NULL CHECK (length(receipt_hash) = 32),
                        PRIMARY KEY (pair, side)
                    ) STRICT, WITHOUT ROWID;
                    CREATE UNIQUE INDEX pair_side_by_receipt ON pair_side (receipt_hash);
                    CREATE INDEX pair_by_end ON pair (coalesce(ended_at, started_at));
                    """)
        }
        migrator.registerMigration("002 reports") { db in
            // No reference to `pair`: a report is written even where its pair could not be.
            try db.execute(
                sql: """
                    CREATE TABLE report (
                        id TEXT PRIMARY KEY NOT NULL,
                        received_at INTEGER NOT NULL,
                        reporter TEXT NOT NULL,
                        reported TEXT NOT NULL,
                        pair TEXT NOT NULL,
                        reporter_side INTEGER NOT NULL CHECK (reporter_side IN (0, 1)),
                        pair_started_at INTEGER NOT NULL,
                        pair_ended_at INTEGER,
                        reason TEXT NOT NULL,
                        comment TEXT,
                        source TEXT NOT NULL,
                        live INTEGER NOT NULL CHECK (live IN (0, 1)),
                        offset_ms INTEGER NOT NULL,
                        cut_in_force_us INTEGER,
                        gates_before TEXT
                    ) STRICT;
                    CREATE INDEX report_by_time ON report (received_at);
                    CREATE INDEX report_by_reported ON report (reported);
                    CREATE INDEX report_by_pair ON report (pair);
                    """)
        }
        migrator.registerMigration("003 probe") { db in
            try db.execute(
                sql: """
                    CREATE TABLE probe (
                        id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
                        written INTEGER NOT NULL
                    ) STRICT;
                    INSERT INTO probe VALUES (1, 0);
                    """)
        }
        migrator.registerMigration("004 bans") { db in
            // No account and no address: only hashes under the operator's key.
            try db.execute(
                sql: """
                    CREATE TABLE ban (
                        id TEXT PRIMARY KEY NOT NULL,
                        decision TEXT NOT NULL,
                        peer TEXT NOT NULL,
                        made_at INTEGER NOT NULL,
                        until INTEGER,
                        reason TEXT NOT NULL,
                        facts TEXT NOT NULL,
                        lifted_at INTEGER
                    ) STRICT;
                    CREATE TABLE ban_mark (
                        ban TEXT NOT NULL REFERENCES ban(id) ON DELETE CASCADE,
                        handle TEXT NOT NULL CHECK (handle IN ('identity', 'lineage', 'address')),
                        hash BLOB NOT NULL CHECK (length(hash) = 32),
                        until INTEGER,
                        PRIMARY KEY (ban, handle, hash)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        registerRecords(&migrator)
        registerHooks(&migrator)
        return migrator
    }
}
