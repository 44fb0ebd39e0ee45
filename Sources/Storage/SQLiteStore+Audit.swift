internal import FoundationEssentials
internal import GRDB

extension SQLiteStore {
    @discardableResult
    package func audit(_ draft: AuditDraft) async throws(StorageError) -> Int {
        let log = log
        return try await write(named: draft.what.rawValue) { db in try log.append(draft, in: db) }
    }

    package func auditEntries(after number: Int, limit: Int) async throws(StorageError) -> [AuditEntry] {
        try await read { db in try AuditEntry.all(after: number, limit: limit, in: db) }
    }

    package func auditHead() async throws(StorageError) -> AuditHead {
        let log = log
        return try await read { db in
            let bounds = try AuditBounds.find(log.keys, in: db)?.bounds ?? AuditBounds()
            return AuditHead(number: bounds.last, hash: bounds.hash)
        }
    }

    package func verifyAudit() async throws(StorageError) -> AuditVerdict {
        let log = log
        return try await read { db in try log.verify(in: db) }
    }
}
