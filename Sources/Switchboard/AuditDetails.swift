import Foundation
import Storage

/// The details of an entry in the audit log: one JSON object, names in order, so that an entry can be compared.
enum AuditDetails {
    static func text(_ members: [String: String]) -> String { encode(members) }

    static func text(of result: SweepResult) -> String {
        encode([
            "reports": result.reports, "pairs": result.pairs, "decisions": result.decisions,
            "appeals": result.appeals, "bans": result.bans, "audit": result.auditEntries,
        ])
    }

    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
