internal import GRDB

/// The steps that made reports last: their full shape, decisions, appeals, the audit log, retention.
extension Schema {
    static func registerRecords(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("005 report shape") { db in try db.execute(sql: reportShape) }
        migrator.registerMigration("006 decisions") { db in try db.execute(sql: decisions) }
        migrator.registerMigration("007 audit") { db in try db.execute(sql: audit) }
        migrator.registerMigration("008 append only") { db in try db.execute(sql: appendOnly) }
        migrator.registerMigration("009 over restarts") { db in try db.execute(sql: overRestarts) }
    }

    /// What people have yet to be told of decisions, and what the two of a pair are recognised by as long as a receipt is good.
    private static let overRestarts = """
        CREATE TABLE untold (
            report TEXT NOT NULL REFERENCES report(id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('reporter', 'reported')),
            decision TEXT NOT NULL,
            until INTEGER NOT NULL,
            PRIMARY KEY (report, role)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX untold_by_end ON untold (until);
        ALTER TABLE pair_side ADD COLUMN marks BLOB;
        """

    /// A report from outside has no reporter and may have no pair, so that the table is made anew.
    ///
    /// What only a person reads is JSON.
    private static let reportShape = """
        CREATE TABLE report_full (
            id TEXT PRIMARY KEY NOT NULL,
            received_at INTEGER NOT NULL,
            origin TEXT NOT NULL,
            source TEXT NOT NULL,
            reporter TEXT,
            reported TEXT NOT NULL,
            reporter_band TEXT,
            reported_band TEXT,
            pair TEXT,
            reporter_side INTEGER CHECK (reporter_side IN (0, 1)),
            pair_started_at INTEGER,
            pair_ended_at INTEGER,
            shared_interests TEXT NOT NULL DEFAULT '[]',
            reason TEXT NOT NULL,
            comment TEXT,
            signals TEXT NOT NULL DEFAULT '[]',
            live INTEGER NOT NULL CHECK (live IN (0, 1)),
            offset_ms INTEGER NOT NULL,
            chat_messages INTEGER NOT NULL DEFAULT 0,
            transcript TEXT NOT NULL DEFAULT '[]',
            proof TEXT,
            cut_in_force_us INTEGER,
            gates_before TEXT,
            capture_events BLOB,
            priority INTEGER NOT NULL DEFAULT 0,
            decided INTEGER NOT NULL DEFAULT 0 CHECK (decided IN (0, 1)),
            outcome TEXT CHECK (outcome IN ('upheld', 'rejected')),
            retention TEXT NOT NULL DEFAULT 'no_violation'
                CHECK (retention IN ('none', 'no_violation', 'violation')),
            retained_since INTEGER NOT NULL,
            keep_until INTEGER,
            legal_hold INTEGER NOT NULL DEFAULT 0 CHECK (legal_hold IN (0, 1))
        ) STRICT;
        INSERT INTO report_full (
            id, received_at, origin, source, reporter, reported, pair, reporter_side, pair_started_at,
            pair_ended_at, reason, comment, live, offset_ms, cut_in_force_us, gates_before, retained_since
        )
            SELECT id, received_at, 'SOURCE_ARTICLE_16', source, reporter, reported, pair, reporter_side,
                pair_started_at, pair_ended_at, reason, comment, live, offset_ms, cut_in_force_us,
                gates_before, received_at
            FROM report ORDER BY rowid;
        DROP TABLE report;
        ALTER TABLE report_full RENAME TO report;
        CREATE INDEX report_by_queue ON report (decided, priority DESC, received_at, id);
        CREATE INDEX report_by_retention ON report (retention, retained_since) WHERE legal_hold = 0;
        CREATE INDEX report_by_date ON report (keep_until) WHERE keep_until IS NOT NULL;
        CREATE INDEX report_by_hold ON report (legal_hold) WHERE legal_hold = 1;
        CREATE INDEX report_by_reported ON report (reported, received_at);
        CREATE INDEX report_by_reporter ON report (reporter) WHERE reporter IS NOT NULL;

        CREATE TABLE report_mark (
            report TEXT NOT NULL REFERENCES report(id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('reporter', 'reported')),
            number INTEGER NOT NULL,
            handle TEXT NOT NULL CHECK (handle IN ('identity', 'lineage', 'address')),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (report, role, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX report_mark_by_hash ON report_mark (hash, role);

        CREATE TABLE referral (
            seq INTEGER PRIMARY KEY NOT NULL,
            report TEXT NOT NULL REFERENCES report(id) ON DELETE CASCADE,
            made_at INTEGER NOT NULL,
            made_by TEXT NOT NULL,
            sent_to TEXT NOT NULL,
            reference TEXT,
            note TEXT
        ) STRICT;
        CREATE INDEX referral_by_report ON referral (report);
        """

    /// No reference to `report`: a decision outlives it.
    private static let decisions = """
        CREATE TABLE decision (
            seq INTEGER PRIMARY KEY NOT NULL,
            id TEXT UNIQUE NOT NULL,
            report TEXT,
            appeal TEXT,
            peer TEXT,
            made_at INTEGER NOT NULL,
            made_by TEXT NOT NULL,
            by_kind TEXT NOT NULL CHECK (by_kind IN ('rule', 'hook', 'operator')),
            outcome TEXT NOT NULL CHECK (outcome IN ('upheld', 'rejected')),
            action TEXT NOT NULL CHECK (action IN ('none', 'warn', 'ban')),
            until INTEGER,
            ground_kind TEXT NOT NULL CHECK (ground_kind IN ('illegal', 'incompatible')),
            ground TEXT NOT NULL,
            facts TEXT NOT NULL,
            automated_detection INTEGER NOT NULL CHECK (automated_detection IN (0, 1)),
            automated_decision INTEGER NOT NULL CHECK (automated_decision IN (0, 1)),
            statement TEXT NOT NULL,
            overturns TEXT
        ) STRICT;
        CREATE INDEX decision_by_report ON decision (report) WHERE report IS NOT NULL;
        CREATE INDEX decision_by_appeal ON decision (appeal) WHERE appeal IS NOT NULL;
        CREATE INDEX decision_by_time ON decision (made_at);

        CREATE TABLE appeal (
            seq INTEGER PRIMARY KEY NOT NULL,
            id TEXT UNIQUE NOT NULL,
            decision TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX appeal_by_decision ON appeal (decision);

        CREATE INDEX ban_by_decision ON ban (decision);
        CREATE INDEX ban_in_force ON ban (until) WHERE lifted_at IS NULL;
        """

    private static let audit = """
        CREATE TABLE audit_entry (
            number INTEGER PRIMARY KEY NOT NULL,
            at INTEGER NOT NULL,
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            subject TEXT NOT NULL,
            details TEXT NOT NULL,
            previous BLOB NOT NULL CHECK (length(previous) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX audit_entry_by_subject ON audit_entry (subject);
        CREATE TABLE audit_head (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
            first INTEGER NOT NULL,
            before_first BLOB NOT NULL,
            last INTEGER NOT NULL,
            hash BLOB NOT NULL,
            seal BLOB NOT NULL
        ) STRICT;
        """

    /// What stops mistakes; what stops intent is the chain and the seal of its head.
    ///
    /// Only a sweep sets the times before which rows may go, and unsets them in the same transaction.
    private static let appendOnly = """
        CREATE TABLE sweep (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
            decisions_until INTEGER,
            audit_until INTEGER,
            erased INTEGER NOT NULL CHECK (erased IN (0, 1)),
            erased_at INTEGER
        ) STRICT;
        INSERT INTO sweep VALUES (1, NULL, NULL, 1, NULL);
        CREATE TRIGGER decision_is_never_changed BEFORE UPDATE ON decision BEGIN
            SELECT RAISE(ABORT, 'a decision is never changed; overturn it by another one');
        END;
        CREATE TRIGGER decision_is_never_replaced BEFORE INSERT ON decision
            WHEN EXISTS (SELECT 1 FROM decision WHERE id = NEW.id OR seq = NEW.seq)
        BEGIN
            SELECT RAISE(ABORT, 'a decision is never changed; overturn it by another one');
        END;
        CREATE TRIGGER decision_goes_by_retention BEFORE DELETE ON decision
            WHEN NOT coalesce(OLD.made_at <= (SELECT decisions_until FROM sweep), 0)
        BEGIN
            SELECT RAISE(ABORT, 'a decision is deleted by the retention sweep only');
        END;
        CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry BEGIN
            SELECT RAISE(ABORT, 'an entry of the audit log is never changed');
        END;
        CREATE TRIGGER audit_entry_is_never_replaced BEFORE INSERT ON audit_entry
            WHEN EXISTS (SELECT 1 FROM audit_entry WHERE number = NEW.number)
        BEGIN
            SELECT RAISE(ABORT, 'an entry of the audit log is never changed');
        END;
        CREATE TRIGGER audit_entry_goes_by_retention BEFORE DELETE ON audit_entry
            WHEN NOT coalesce(OLD.at <= (SELECT audit_until FROM sweep), 0)
        BEGIN
            SELECT RAISE(ABORT, 'an entry of the audit log is deleted by the retention sweep only');
        END;
        """
}
