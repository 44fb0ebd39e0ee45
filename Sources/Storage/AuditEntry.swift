internal import Crypto
package import FoundationEssentials

/// What can be noted in the audit log.
package enum AuditAct: String, Sendable, CaseIterable {
    case orderCut = "order.cut"
    case orderHold = "order.hold"
    case orderRelease = "order.release"
    case pairCapture = "pair.capture"
    case peerBan = "peer.ban"
    case banLift = "ban.lift"
    case banList = "ban.list"
    case reportReceived = "report.received"
    case reportRead = "report.read"
    case reportList = "report.list"
    case reportReferred = "report.referred"
    case decisionMade = "decision.made"
    case appealReceived = "appeal.received"
    case appealList = "appeal.list"
    case appealDecided = "appeal.decided"
    case caseHold = "case.hold"
    case caseExport = "case.export"
    case configChanged = "config.changed"
    case retentionRan = "retention.ran"
    case serverStarted = "server.started"
    case drainStarted = "drain.started"
    case drainTakenBack = "drain.taken_back"
    case hooksEnabled = "hooks.enabled"
    case sourceRefused = "source.refused"
    case auditRead = "audit.read"
    /// Made by the log itself, where it goes on after a head that it did not make.
    case auditBroken = "audit.broken"
}

/// What is to be noted, before it has a number and a place in the chain.
package struct AuditDraft: Sendable, Equatable {
    /// Kept to the millisecond, as all times here.
    package var at: Date
    /// The operator's name, or `server`.
    package var who: String
    package var what: AuditAct
    /// The identifier of what it concerns; empty where it concerns nothing in particular.
    package var subject: String
    /// One JSON object.
    package var details: String

    package init(at: Date, who: String, what: AuditAct, subject: String = "", details: String = "{}") {
        self.at = at
        self.who = who
        self.what = what
        self.subject = subject
        self.details = details
    }
}

/// One entry of the audit log.
package struct AuditEntry: Sendable, Equatable {
    /// From 1, without gaps.
    package var number: Int
    package var at: Date
    package var who: String
    /// A name of ``AuditAct``, or of a later version's.
    package var what: String
    package var subject: String
    package var details: String
    /// The hash of the entry before; 32 zero bytes before the first.
    package var previous: [UInt8]
    /// SHA-256 over everything above, see ``computedHash()``.
    package var hash: [UInt8]

    package init(
        number: Int, at: Date, who: String, what: String, subject: String, details: String, previous: [UInt8],
        hash: [UInt8]
    ) {
        self.number = number
        self.at = at
        self.who = who
        self.what = what
        self.subject = subject
        self.details = details
        self.previous = previous
        self.hash = hash
    }

    /// What comes before the first entry.
    package static let origin = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// SHA-256 (FIPS 180-4) over seven fields: `previous`, `number`, `at`, `who`, `what`, `subject`, `details`.
    ///
    /// Each field is preceded by its length in bytes as 4 bytes, most significant first, so that no two entries
    /// have one encoding. `number` and `at` (milliseconds since 1970 UTC) are 8 bytes each, most significant
    /// first, in two's complement; texts are UTF-8.
    package func computedHash() -> [UInt8] {
        var encoding = LengthPrefixed()
        encoding.append(previous)
        encoding.append(Int64(number))
        encoding.append(at.milliseconds)
        for text in [who, what, subject, details] { encoding.append(Array(text.utf8)) }
        return Array(SHA256.hash(data: encoding.bytes))
    }
}

/// Fields one after the other, each behind its length.
struct LengthPrefixed {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ field: [UInt8]) {
        bytes += Self.bigEndian(UInt32(clamping: field.count))
        bytes += field
    }

    mutating func append(_ number: Int64) { append(Self.bigEndian(UInt64(bitPattern: number))) }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
