internal import GRDB

/// The step that brought events on their way to the operator.
extension Schema {
    static func registerHooks(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("020 hook events") { db in
            try db.execute(
                sql: """
                    CREATE TABLE hook_event (
                        seq INTEGER PRIMARY KEY NOT NULL,
                        id TEXT NOT NULL UNIQUE,
                        at INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        body TEXT NOT NULL,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        next_at INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX hook_event_by_due ON hook_event (next_at, seq);
                    CREATE INDEX hook_event_by_time ON hook_event (at);
                    CREATE TABLE hook_endpoint (
                        url TEXT PRIMARY KEY NOT NULL,
                        gone_since INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
    }
}
