internal import Crypto
internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// What ties a decision to the audit log: the entry that notes it holds a hash of its content.
enum DecisionSeal {
    /// Names in the entry's details.
    private static let (idName, hashName) = ("decision", "decision_sha256")

    /// The draft with the decision's name and hash among its details.
    static func binding(_ decision: DecisionRecord, to draft: AuditDraft) throws -> AuditDraft {
        var draft = draft
        var details = StoredJSON.read([String: String].self, from: draft.details) ?? ["note": draft.details]
        details[idName] = decision.id.text
        details[hashName] = hash(of: decision)
        draft.details = try StoredJSON.write(details)
        return draft
    }

    /// Whether the decision that an entry notes is still what it was then.
    ///
    /// One that is gone says nothing: decisions are swept, too, and the entry still tells that there was one.
    static func isBroken(_ entry: AuditEntry, in db: Database) throws -> Bool {
        guard entry.details.contains(hashName),
            let details = StoredJSON.read([String: String].self, from: entry.details),
            let id = details[idName], let hash = details[hashName],
            let row = try Row.fetchOne(db, sql: "SELECT * FROM decision WHERE id = ?", arguments: [id])
        else { return false }
        // A row that is no decision any more has been changed as well.
        return DecisionRecord(row).map(Self.hash(of:)) != hash
    }

    /// SHA-256 (FIPS 180-4) over the fields in the order of their declaration, each behind its length, in hexadecimal.
    private static func hash(of decision: DecisionRecord) -> String {
        var encoding = LengthPrefixed()
        let names = [
            decision.id.text, decision.report?.text, decision.appeal?.text, decision.peer?.text,
            "\(decision.madeAt.milliseconds)", decision.by, decision.byKind.rawValue,
            decision.outcome.rawValue, decision.action.rawValue,
            decision.until.map { "\($0.milliseconds)" }, decision.groundKind.rawValue, decision.ground,
            decision.facts, "\(decision.automatedDetection)", "\(decision.automatedDecision)",
            decision.statement, decision.overturns?.text,
        ]
        for name in names { encoding.append(Array((name ?? "").utf8)) }
        return SHA256.hash(data: encoding.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
