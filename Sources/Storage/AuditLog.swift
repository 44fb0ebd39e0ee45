internal import FoundationEssentials
internal import GRDB

/// Appends to the audit log, and finds out whether anybody else has written to it.
struct AuditLog: Sendable {
    let keys: BanKeys

    /// Appends one entry, and moves the head.
    ///
    /// After a genuine head the chain goes on from the head, not from the rows: who has changed the rows does not get
    /// the change sealed. After any other head the log first notes that.
    ///
    /// - Returns: the number of the entry.
    func append(_ draft: AuditDraft, in db: Database) throws -> Int {
        var bounds = try current(at: draft.at, in: db)
        let number = try append(draft, to: &bounds, in: db)
        try bounds.write(keys, to: db)
        return number
    }

    /// Where the log begins and ends, mended where there is no genuine head; not written yet.
    func current(at date: Date, in db: Database) throws -> AuditBounds {
        let found = try AuditBounds.find(keys, in: db)
        if let found, found.isGenuine { return found.bounds }
        let first = try AuditEntry.edge("ASC", in: db)
        guard found != nil || first != nil else { return AuditBounds() }
        var bounds = AuditBounds()
        if let first, let last = try AuditEntry.edge("DESC", in: db) {
            bounds = AuditBounds(
                first: first.number, beforeFirst: first.previous, last: last.number, hash: last.hash)
        }
        let details = #"{"head":"\#(found == nil ? "missing" : "not made with a key of this server")"}"#
        let note = AuditDraft(at: date, who: "server", what: .auditBroken, details: details)
        _ = try append(note, to: &bounds, in: db)
        return bounds
    }

    private func append(_ draft: AuditDraft, to bounds: inout AuditBounds, in db: Database) throws -> Int {
        // A row that nobody has counted must not stop the log for ever: the number after it is taken, and the gap and
        // the row are found when the log is checked.
        let highest = try Int.fetchOne(db, sql: "SELECT max(number) FROM audit_entry") ?? 0
        let (number, overflows) = max(bounds.last, highest).addingReportingOverflow(1)
        guard !overflows else { throw StorageError.duplicate("audit \(highest)") }
        var entry = AuditEntry(
            number: number, at: Date(milliseconds: draft.at.milliseconds), who: draft.who,
            what: draft.what.rawValue, subject: draft.subject, details: draft.details, previous: bounds.hash,
            hash: [])
        entry.hash = entry.computedHash()
        try entry.insert(into: db)
        bounds.last = number
        bounds.hash = entry.hash
        return number
    }

    /// Checks every entry against its hash, its neighbours and the head, and every decision against its entry.
    func verify(in db: Database) throws -> AuditVerdict {
        var check = AuditCheck(try AuditBounds.find(keys, in: db))
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit_entry ORDER BY number")
        while let row = try rows.next() {
            let entry = AuditEntry(row)
            check.read(entry, number: row["number"])
            if let entry, try DecisionSeal.isBroken(entry, in: db) { check.noteDecision(of: entry) }
        }
        return check.verdict()
    }
}

extension AuditEntry {
    /// The first (`ASC`) or the last (`DESC`) that is there.
    fileprivate static func edge(_ order: String, in db: Database) throws -> AuditEntry? {
        try Row.fetchOne(db, sql: "SELECT * FROM audit_entry ORDER BY number \(order) LIMIT 1")
            .flatMap(AuditEntry.init)
    }
}
