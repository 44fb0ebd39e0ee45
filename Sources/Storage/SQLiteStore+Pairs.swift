package import FoundationEssentials
internal import GRDB
package import RelayTypes

extension SQLiteStore {
    package func savePair(_ pair: PairRecord) async throws(StorageError) {
        try await write(named: pair.pair.text) { db in
            try pair.write(to: db)
            return 1
        }
    }

    package func endPair(_ pair: PairID, at end: Date) async throws(StorageError) {
        try await write(named: pair.text) { db in
            try db.execute(
                sql: "UPDATE pair SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                arguments: [end.milliseconds, pair.text])
            return db.changesCount
        }
    }

    package func pair(_ id: PairID, since: Date) async throws(StorageError) -> ReceiptRecord? {
        try await read { db in try ReceiptRecord.find(id, since: since, in: db) }
    }

    package func pair(
        forReceipt receipt: String, since: Date
    ) async throws(StorageError) -> ReceiptRecord? {
        let hash = ReceiptHash(of: receipt)
        return try await read { db in try ReceiptRecord.find(hash, since: since, in: db) }
    }
}
