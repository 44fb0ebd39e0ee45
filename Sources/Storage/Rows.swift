internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// How records become rows and rows become records.
extension ReportRecord {
    func insert(into db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO report (
                    id, received_at, reporter, reported, pair, reporter_side, pair_started_at, pair_ended_at,
                    reason, comment, source, live, offset_ms, cut_in_force_us, gates_before
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.text, receivedAt.milliseconds, reporter.text, reported.text, pair.text,
                Int64(reporterSide.rawValue), pairStartedAt.milliseconds, pairEndedAt?.milliseconds, reason,
                comment, source, live ? 1 : 0, offsetMilliseconds, cutInForceMicroseconds,
                gatesBefore.map(GatesText.write),
            ])
    }

    static func find(_ id: ReportID, in db: Database) throws -> ReportRecord? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM report WHERE id = ?", arguments: [id.text])
        else { return nil }
        return ReportRecord(row)
    }

    /// - Returns: `nil` where the row is not what ``insert(into:)`` writes.
    private init?(_ row: Row) {
        guard let id = row["id"] as String?, let receivedAt = row["received_at"] as Int64?,
            let reporter = row["reporter"] as String?, let reported = row["reported"] as String?,
            let pair = row["pair"] as String?,
            let side = (row["reporter_side"] as Int64?).flatMap(Side.init(stored:)),
            let startedAt = row["pair_started_at"] as Int64?, let reason = row["reason"] as String?,
            let source = row["source"] as String?, let live = row["live"] as Bool?,
            let offset = row["offset_ms"] as Int64?
        else { return nil }
        self.init(
            id: ReportID(id), receivedAt: Date(milliseconds: receivedAt), reporter: PeerID(reporter),
            reported: PeerID(reported), pair: PairID(pair), reporterSide: side,
            pairStartedAt: Date(milliseconds: startedAt),
            pairEndedAt: (row["pair_ended_at"] as Int64?).map(Date.init(milliseconds:)), reason: reason,
            comment: row["comment"], source: source, live: live, offsetMilliseconds: offset,
            cutInForceMicroseconds: row["cut_in_force_us"],
            gatesBefore: (row["gates_before"] as String?).flatMap(GatesText.read))
    }
}

extension PairRecord {
    /// Writes it for the first time, or adds the end to what was written at the start.
    func write(to db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO pair (id, started_at, ended_at) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET ended_at = coalesce(ended_at, excluded.ended_at)
                """,
            arguments: [pair.text, startedAt.milliseconds, endedAt?.milliseconds])
        for (side, record) in [(Side.first, first), (Side.second, second)] {
            try db.execute(
                sql: """
                    INSERT INTO pair_side (pair, side, peer, band, receipt_hash) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (pair, side) DO NOTHING
                    """,
                arguments: [
                    pair.text, Int64(side.rawValue), record.peer.text, record.band?.text,
                    Data(record.receiptHash.bytes),
                ])
        }
    }
}

extension ReceiptRecord {
    static func find(_ receipt: ReceiptHash, since: Date, in db: Database) throws -> ReceiptRecord? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT pair.id, pair.started_at, pair.ended_at, mine.side, mine.peer AS holder,
                    theirs.peer AS partner
                FROM pair_side AS mine
                JOIN pair_side AS theirs ON theirs.pair = mine.pair AND theirs.side = 1 - mine.side
                JOIN pair ON pair.id = mine.pair
                WHERE mine.receipt_hash = ? AND coalesce(pair.ended_at, pair.started_at) > ?
                """,
            arguments: [Data(receipt.bytes), since.milliseconds])
        guard let row, let pair = row["id"] as String?, let startedAt = row["started_at"] as Int64?,
            let side = (row["side"] as Int64?).flatMap(Side.init(stored:)),
            let holder = row["holder"] as String?,
            let partner = row["partner"] as String?
        else { return nil }
        return ReceiptRecord(
            pair: PairID(pair), startedAt: Date(milliseconds: startedAt),
            endedAt: (row["ended_at"] as Int64?).map(Date.init(milliseconds:)), side: side,
            holder: PeerID(holder), partner: PeerID(partner))
    }
}

/// The six gates as text that a person can read in the database: `first.audio=age_self+consent_self;…`.
enum GatesText {
    static func write(_ gates: PairGates) -> String {
        entries.map { name, side, channel in "\(name)=\(gates[side, channel].names.joined(separator: "+"))" }
            .joined(separator: ";")
    }

    /// - Returns: `nil` where a gate is missing or a hold has another name.
    static func read(_ text: String) -> PairGates? {
        var found: [Substring: Holds] = [:]
        for entry in text.split(separator: ";") {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            var holds = Holds()
            for name in parts[1].split(separator: "+") {
                guard let hold = Holds.named.first(where: { $0.name == name }) else { return nil }
                holds.insert(hold.hold)
            }
            found[parts[0]] = holds
        }
        var gates = PairGates()
        for (name, side, channel) in entries {
            guard let holds = found[name[...]] else { return nil }
            gates[side, channel] = holds
        }
        return gates
    }

    private static let entries: [(name: String, side: Side, channel: Channel)] = Side.allCases.flatMap {
        side in
        Channel.allCases.map { ("\(side == .first ? "first" : "second").\($0.name)", side, $0) }
    }
}

extension Side {
    fileprivate init?(stored: Int64) {
        guard let byte = UInt8(exactly: stored) else { return nil }
        self.init(rawValue: byte)
    }
}

extension Date {
    /// Since 1970 UTC.
    var milliseconds: Int64 {
        Int64(exactly: (timeIntervalSince1970 * 1_000).rounded()) ?? 0
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }
}
