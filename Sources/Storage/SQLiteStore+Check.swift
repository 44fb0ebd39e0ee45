internal import GRDB

extension SQLiteStore {
    /// What SQLite's `quick_check` finds: every page and every record, but not whether indexes agree.
    ///
    /// - Returns: sentences of SQLite's; empty when all is well.
    package func quickCheck() async throws(StorageError) -> [String] {
        let lines = try await read { db in try String.fetchAll(db, sql: "PRAGMA quick_check(8)") }
        return lines == ["ok"] ? [] : lines
    }
}
