internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// How pairs become rows and rows become pairs.
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
                    INSERT INTO pair_side (pair, side, peer, band, receipt_hash, marks)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (pair, side) DO NOTHING
                    """,
                arguments: [
                    pair.text, Int64(side.rawValue), record.peer.text, record.band?.text,
                    Data(record.receiptHash.bytes), StoredMarks.write(record.marks),
                ])
        }
    }
}

extension ReceiptRecord {
    static func find(_ receipt: ReceiptHash, since: Date, in db: Database) throws -> ReceiptRecord? {
        try find("mine.receipt_hash = ?", [Data(receipt.bytes)], since: since, in: db)
    }

    /// Seen from its first side.
    static func find(_ pair: PairID, since: Date, in db: Database) throws -> ReceiptRecord? {
        try find("pair.id = ? AND mine.side = 0", [pair.text], since: since, in: db)
    }

    private static func find(
        _ condition: String, _ wanted: StatementArguments, since: Date, in db: Database
    ) throws -> ReceiptRecord? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT pair.id, pair.started_at, pair.ended_at, mine.side, mine.peer AS holder,
                    theirs.peer AS partner, mine.band AS holder_band, theirs.band AS partner_band,
                    mine.marks AS holder_marks, theirs.marks AS partner_marks
                FROM pair_side AS mine
                JOIN pair_side AS theirs ON theirs.pair = mine.pair AND theirs.side = 1 - mine.side
                JOIN pair ON pair.id = mine.pair
                WHERE \(condition) AND coalesce(pair.ended_at, pair.started_at) > ?
                """,
            arguments: wanted + [since.milliseconds])
        guard let row, let pair = row["id"] as String?, let startedAt = row["started_at"] as Int64?,
            let side = (row["side"] as Int64?).flatMap(Side.init(stored:)),
            let holder = row["holder"] as String?,
            let partner = row["partner"] as String?
        else { return nil }
        return ReceiptRecord(
            pair: PairID(pair), startedAt: Date(milliseconds: startedAt),
            endedAt: row.date("ended_at"), side: side, holder: PeerID(holder), partner: PeerID(partner),
            holderBand: (row["holder_band"] as String?).map(Band.init),
            partnerBand: (row["partner_band"] as String?).map(Band.init),
            holderMarks: StoredMarks.read(row["holder_marks"]),
            partnerMarks: StoredMarks.read(row["partner_marks"]))
    }
}

/// Marks that nobody searches, one after the other: a byte for the handle, and the hash.
enum StoredMarks {
    private static let size = 33
    private static let handles: [BanHandle] = [.identity, .lineage, .address]

    static func write(_ marks: [BanMark]) -> Data? {
        guard !marks.isEmpty else { return nil }
        return marks.reduce(into: Data()) { data, mark in
            guard let handle = handles.firstIndex(of: mark.handle), mark.hash.count == size - 1 else {
                return
            }
            data.append(UInt8(handle))
            data.append(contentsOf: mark.hash)
        }
    }

    static func read(_ data: Data?) -> [BanMark] {
        let bytes = Array(data ?? Data())
        return stride(from: 0, to: bytes.count - bytes.count % size, by: size)
            .compactMap { place in
                let handle = Int(bytes[place])
                guard handles.indices.contains(handle) else { return nil }
                return BanMark(handle: handles[handle], hash: Array(bytes[(place + 1)..<(place + size)]))
            }
    }
}
