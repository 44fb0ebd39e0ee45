internal import FoundationEssentials
internal import GRDB
internal import RelayTypes
internal import Sealing

/// How reports become rows and rows become reports.
extension ReportRecord {
    func insert(into db: Database) throws {
        // Kept by GRDB: reports come in floods, and reading the SQL would take as long as carrying it out.
        let row = try db.cachedStatement(
            sql: """
                INSERT INTO report (
                    id, received_at, origin, source, reporter, reported, reporter_band, reported_band, pair,
                    reporter_side, pair_started_at, pair_ended_at, shared_interests, reason, comment, signals,
                    live, offset_ms, chat_messages, transcript, proof, cut_in_force_us, gates_before,
                    capture_events, priority, retention, retained_since, keep_until, legal_hold
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try row.execute(arguments: try arguments())
        let markRow = try db.cachedStatement(
            sql: "INSERT INTO report_mark (report, role, number, handle, hash) VALUES (?, ?, ?, ?, ?)")
        for (role, marks) in [("reporter", reporterMarks), ("reported", reportedMarks)] {
            for (number, mark) in marks.enumerated() {
                try markRow.execute(
                    arguments: [id.text, role, number, mark.handle.rawValue, Data(mark.hash)])
            }
        }
        for referral in referrals { try referral.insert(of: id, into: db) }
    }

    private func arguments() throws -> StatementArguments {
        let lines = transcript.suffix(TranscriptLine.most).map(StoredLine.init)
        let ends = keepUntil?.milliseconds
        let kind = retention == .legalHold ? RetentionClass.noViolation : retention
        // In parts: the compiler takes long for one list of so many types.
        let who: StatementArguments = [
            id.text, receivedAt.milliseconds, origin.rawValue, source, reporter?.text, reported.text,
            reporterBand?.text, reportedBand?.text,
        ]
        let pairing: StatementArguments = [
            pair?.text, reporterSide.map { Int64($0.rawValue) }, pairStartedAt?.milliseconds,
            pairEndedAt?.milliseconds, try StoredJSON.write(sharedInterests),
        ]
        let what: StatementArguments = [
            reason, comment, try StoredJSON.write(signals), live ? 1 : 0, offsetMilliseconds, chatMessages,
            try StoredJSON.write(lines), try proof.map { try StoredJSON.write(StoredProof($0)) },
        ]
        let evidence: StatementArguments = [
            cutInForceMicroseconds, gatesBefore.map(GatesText.write), captureEvents.map { Data($0.bytes) },
        ]
        let keeping: StatementArguments = [
            priority, kind.rawValue, receivedAt.milliseconds, ends, retention == .legalHold ? 1 : 0,
        ]
        return who + pairing + what + evidence + keeping
    }

    static func find(
        _ id: ReportID, keeping retention: Retention, in db: Database
    ) throws -> ReportRecord? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM report WHERE id = ?", arguments: [id.text]),
            var report = ReportRecord(row, keeping: retention)
        else { return nil }
        let marks = try Row.fetchAll(
            db, sql: "SELECT * FROM report_mark WHERE report = ? ORDER BY role, number", arguments: [id.text])
        for row in marks {
            guard let mark = BanMark(row) else { continue }
            if row["role"] == "reporter" {
                report.reporterMarks.append(mark)
            } else {
                report.reportedMarks.append(mark)
            }
        }
        report.referrals = try Referral.all(of: id, in: db)
        return report
    }

    /// - Throws: ``StorageError/unknown(_:)``.
    static func complete(_ id: ReportID, with dropped: DroppedSince, in db: Database) throws {
        let row = try Row.fetchOne(
            db, sql: "SELECT proof FROM report WHERE id = ?", arguments: [id.text])
        guard let row else { throw StorageError.unknown(id.text) }
        guard var proof = StoredJSON.read(StoredProof.self, from: row["proof"])?.proof else { return }
        proof.packetsDroppedSince = dropped.packets
        proof.countedUntil = dropped.until
        try db.execute(
            sql: "UPDATE report SET proof = ? WHERE id = ?",
            arguments: [try StoredJSON.write(StoredProof(proof)), id.text])
    }

    static func exists(_ id: ReportID, in db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT 1 FROM report WHERE id = ?", arguments: [id.text]) ?? false
    }

    /// - Returns: `nil` where the row is not what ``insert(into:)`` writes.
    private init?(_ row: Row, keeping lengths: Retention) {
        guard let id = row["id"] as String?, let receivedAt = row["received_at"] as Int64?,
            let origin = (row["origin"] as String?).flatMap(ReportOrigin.init),
            let source = row["source"] as String?, let reported = row["reported"] as String?,
            let reason = row["reason"] as String?, let live = row["live"] as Bool?,
            let offset = row["offset_ms"] as Int64?, let chatMessages = row["chat_messages"] as Int?,
            let priority = row["priority"] as Int?, let keeping = Keeping(row)
        else { return nil }
        self.init(
            id: ReportID(id), receivedAt: Date(milliseconds: receivedAt),
            reporter: (row["reporter"] as String?).map(PeerID.init), reported: PeerID(reported),
            reporterBand: (row["reporter_band"] as String?).map(Band.init),
            reportedBand: (row["reported_band"] as String?).map(Band.init),
            pair: (row["pair"] as String?).map(PairID.init),
            reporterSide: (row["reporter_side"] as Int64?).flatMap(Side.init(stored:)),
            pairStartedAt: row.date("pair_started_at"), pairEndedAt: row.date("pair_ended_at"),
            sharedInterests: StoredJSON.read([String].self, from: row["shared_interests"]) ?? [],
            reason: reason, comment: row["comment"], origin: origin, source: source,
            signals: StoredJSON.read([String].self, from: row["signals"]) ?? [], live: live,
            offsetMilliseconds: offset, chatMessages: chatMessages,
            transcript: (StoredJSON.read([StoredLine].self, from: row["transcript"]) ?? [])
                .compactMap(\.line),
            proof: StoredJSON.read(StoredProof.self, from: row["proof"])?.proof,
            cutInForceMicroseconds: row["cut_in_force_us"],
            gatesBefore: (row["gates_before"] as String?).flatMap(GatesText.read),
            captureEvents: (row["capture_events"] as Data?).map { SealedEvents(bytes: Array($0)) },
            priority: priority, retention: keeping.shown, keepUntil: keeping.end(with: lengths))
    }
}

/// How long one report is kept, from its row.
struct Keeping {
    private let kind: RetentionClass
    private let since: Date
    private let until: Date?
    private let isHeld: Bool

    init?(_ row: Row) {
        guard let kind = (row["retention"] as String?).flatMap(RetentionClass.init),
            let since = row.date("retained_since"), let isHeld = row["legal_hold"] as Bool?
        else { return nil }
        self.kind = kind
        self.since = since
        self.isHeld = isHeld
        until = row.date("keep_until")
    }

    var shown: RetentionClass { isHeld ? .legalHold : kind }

    func end(with lengths: Retention) -> Date? {
        isHeld ? nil : until ?? lengths.length(of: kind).map(since.addingTimeInterval)
    }
}

extension Referral {
    func insert(of report: ReportID, into db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO referral (report, made_at, made_by, sent_to, reference, note)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [report.text, madeAt.milliseconds, by, to, reference, note])
    }

    static func all(of report: ReportID, in db: Database) throws -> [Referral] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM referral WHERE report = ? ORDER BY seq", arguments: [report.text]
        )
        .compactMap { row in
            guard let madeAt = row.date("made_at"), let by = row["made_by"] as String?,
                let to = row["sent_to"] as String?
            else { return nil }
            return Referral(madeAt: madeAt, by: by, to: to, reference: row["reference"], note: row["note"])
        }
    }
}
