import Crypto
import Foundation

/// `GET /v1/audit`.
struct AuditPageAnswer: Decodable {
    struct Head: Decodable {
        let number: Int
        let hash: String
    }

    let entries: [AuditEntryAnswer]
    let head: Head
}

/// One entry of the audit log; hashes are hexadecimal digits.
struct AuditEntryAnswer: Decodable {
    let number: Int
    let at: String
    let who: String
    let what: String
    let subject: String
    let details: String
    let previous: String
    let hash: String

    /// SHA-256 over `previous`, `number`, `at`, `who`, `what`, `subject`, `details`, each behind its length as 4 bytes.
    ///
    /// `number` and `at`, in milliseconds since 1970 UTC, are 8 bytes each; everything is most significant byte first.
    ///
    /// - Returns: `nil` where the entry cannot be one.
    var computedHash: String? {
        guard let previous = Self.bytes(previous), let at = Self.milliseconds(at) else { return nil }
        var encoding = Data()
        func append(_ field: Data) {
            withUnsafeBytes(of: UInt32(clamping: field.count).bigEndian) { encoding.append(contentsOf: $0) }
            encoding.append(field)
        }
        append(previous)
        for number in [Int64(number), at] {
            append(withUnsafeBytes(of: number.bigEndian) { Data($0) })
        }
        for text in [who, what, subject, details] { append(Data(text.utf8)) }
        return SHA256.hash(data: encoding).map { Self.hex($0) }.joined()
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func bytes(_ text: String) -> Data? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var result = Data()
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
            else { return nil }
            result.append(byte)
        }
        return result
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let date = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text))
        return date.flatMap { Int64(exactly: ($0.timeIntervalSince1970 * 1_000).rounded()) }
    }
}

/// `GET /v1/audit/verify`, and what `audit verify --json` prints.
struct AuditVerdictAnswer: Codable, Equatable {
    struct Fault: Codable, Hashable {
        let number: Int
        let what: String
    }

    var entries: Int
    var sound: Bool
    var faults: [Fault]
}

/// Walks along the audit log, and computes what it must be.
struct AuditChain {
    private(set) var last = 0
    private(set) var lastHash = ""
    private var entries = 0
    private var faults: [AuditVerdictAnswer.Fault] = []
    private let expected: (number: Int, hash: String)?
    private var hasSeenExpected = false

    /// - Parameter head: `NUMBER:HASH` of an earlier check.
    init(expecting head: String? = nil) {
        let parts = head?.split(separator: ":") ?? []
        expected = parts.count == 2 ? Int(parts[0]).map { ($0, String(parts[1])) } : nil
        if head != nil, expected == nil { note(0, "--head is not NUMBER:HASH") }
    }

    mutating func read(_ entry: AuditEntryAnswer) {
        // What was kept for long enough is gone from the beginning.
        if entries > 0 {
            if entry.number != last + 1 { note(last + 1, "missing") }
            if entry.previous != lastHash { note(entry.number, "does not follow the entry before") }
        } else if entry.number == 1, entry.previous.contains(where: { $0 != "0" }) {
            note(1, "does not begin the log")
        }
        if entry.computedHash != entry.hash { note(entry.number, "changed") }
        if let expected, expected.number == entry.number {
            hasSeenExpected = true
            if expected.hash != entry.hash { note(entry.number, "is not what --head says") }
        }
        entries += 1
        last = max(last, entry.number)
        lastHash = entry.hash
    }

    func verdict(with told: AuditVerdictAnswer) -> AuditVerdictAnswer {
        var all = faults
        if let expected, !hasSeenExpected {
            all.append(.init(number: expected.number, what: "of --head is gone"))
        }
        let known = Set(all.map(\.number))
        all += told.faults.filter { !known.contains($0.number) }
        return AuditVerdictAnswer(
            entries: entries, sound: all.isEmpty && told.sound, faults: all.sorted { $0.number < $1.number })
    }

    private mutating func note(_ number: Int, _ what: String) {
        faults.append(.init(number: number, what: what))
    }
}
