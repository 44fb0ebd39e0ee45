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
                    theirs.peer AS partner, mine.band AS holder_band, theirs.band AS partner_band
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
            endedAt: row.date("ended_at"), side: side, holder: PeerID(holder), partner: PeerID(partner),
            holderBand: (row["holder_band"] as String?).map(Band.init),
            partnerBand: (row["partner_band"] as String?).map(Band.init))
    }
}
