import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

/// One way to falsify an audit log of ten entries, and what must be found.
struct Forgery: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let forge: @Sendable (Database) throws -> Void
    let faults: [AuditFault]

    init(
        _ name: String, finds faults: [(Int, AuditFault.Kind)],
        _ forge: @escaping @Sendable (Database) throws -> Void
    ) {
        testDescription = name
        self.forge = forge
        self.faults = faults.map { AuditFault(number: $0, kind: $1) }
    }

    private static func sql(_ text: String) -> @Sendable (Database) throws -> Void {
        { db in try db.execute(sql: text) }
    }

    /// Gives every entry from a number on the hashes that a true chain would have, as somebody without the key can.
    private static func rehash(from number: Int, in db: Database) throws {
        var previous: [UInt8]?
        for row in try Row.fetchAll(
            db, sql: "SELECT * FROM audit_entry WHERE number >= ? ORDER BY number", arguments: [number])
        {
            guard var entry = AuditEntry(row) else { continue }
            if let previous { entry.previous = previous }
            entry.hash = entry.computedHash()
            previous = entry.hash
            try db.execute(
                sql: "UPDATE audit_entry SET previous = ?, hash = ? WHERE number = ?",
                arguments: [Data(entry.previous), Data(entry.hash), entry.number])
        }
    }

    static let all = [
        Forgery(
            "another name in one entry", finds: [(4, .changed)],
            sql("UPDATE audit_entry SET who = 'mallory' WHERE number = 4")),
        Forgery(
            "other details", finds: [(10, .changed)],
            sql("UPDATE audit_entry SET details = '{}' WHERE number = 10")),
        Forgery(
            "one millisecond later", finds: [(1, .changed)],
            sql("UPDATE audit_entry SET at = at + 1 WHERE number = 1")),
        Forgery(
            "a border between two fields moved", finds: [(3, .changed)],
            sql(
                """
                UPDATE audit_entry SET who = who || substr(what, 1, 1), what = substr(what, 2) WHERE number = 3
                """)),
        Forgery(
            "one deleted in the middle", finds: [(5, .missing)],
            sql("DELETE FROM audit_entry WHERE number = 5")),
        Forgery("the first deleted", finds: [(1, .missing)], sql("DELETE FROM audit_entry WHERE number = 1")),
        Forgery("the tail cut off", finds: [(8, .cut)], sql("DELETE FROM audit_entry WHERE number >= 8")),
        Forgery("everything but the head deleted", finds: [(1, .cut)], sql("DELETE FROM audit_entry")),
        Forgery(
            "two in the other order", finds: [(6, .changed), (7, .changed)],
            sql(
                """
                UPDATE audit_entry SET number = -6 WHERE number = 6;
                UPDATE audit_entry SET number = 6 WHERE number = 7;
                UPDATE audit_entry SET number = 7 WHERE number = -6
                """)),
        Forgery("one rewritten with its hash", finds: [(4, .rewritten)]) { db in
            try db.execute(sql: "UPDATE audit_entry SET who = 'mallory' WHERE number = 4")
            let row = try Row.fetchOne(db, sql: "SELECT * FROM audit_entry WHERE number = 4")
            guard let hash = row.flatMap(AuditEntry.init)?.computedHash() else { return }
            try db.execute(sql: "UPDATE audit_entry SET hash = ? WHERE number = 4", arguments: [Data(hash)])
        },
        Forgery("the chain rewritten from one entry to the end", finds: [(10, .rewritten)]) { db in
            try db.execute(sql: "UPDATE audit_entry SET who = 'mallory' WHERE number = 4")
            try rehash(from: 4, in: db)
        },
        Forgery("one deleted, the rest renumbered and rewritten", finds: [(10, .cut)]) { db in
            try db.execute(sql: "DELETE FROM audit_entry WHERE number = 5")
            for number in 6...10 {
                try db.execute(
                    sql: "UPDATE audit_entry SET number = number - 1 WHERE number = ?", arguments: [number])
            }
            try rehash(from: 4, in: db)
        },
        Forgery("one put at the end, as a true chain would have it", finds: [(11, .added)]) { db in
            try db.execute(
                sql: """
                    INSERT INTO audit_entry SELECT 11, at, who, what, subject, details, hash, hash
                    FROM audit_entry WHERE number = 10
                    """)
            try rehash(from: 11, in: db)
        },
        Forgery("the chain and the head rewritten without the key", finds: [(10, .head)]) { db in
            try db.execute(sql: "UPDATE audit_entry SET who = 'mallory' WHERE number = 4")
            try rehash(from: 4, in: db)
            try db.execute(
                sql: "UPDATE audit_head SET hash = (SELECT hash FROM audit_entry WHERE number = 10)")
        },
        Forgery("the tail cut off and the head moved back", finds: [(7, .head)]) { db in
            try db.execute(sql: "DELETE FROM audit_entry WHERE number > 7")
            try db.execute(
                sql: """
                    UPDATE audit_head SET last = 7, hash = (SELECT hash FROM audit_entry WHERE number = 7)
                    """)
        },
        Forgery("the head deleted", finds: [(1, .head)], sql("DELETE FROM audit_head")),
    ]
}

@Suite("Whatever is done to the audit log is found")
struct AuditTests {
    private let keys = BanKeys(newest: [UInt8](repeating: 7, count: 32))
    private let planted = Planted(name: "a")

    private func tenEntries(_ path: String) async throws -> AuditHead {
        let store = try await SQLiteStore.open(path: path, keys: keys)
        for number in 1...10 {
            let draft = AuditDraft(
                at: start.addingTimeInterval(Double(number)), who: "op\(number)", what: .reportRead,
                subject: "r-\(number)", details: #"{"n":\#(number)}"#)
            #expect(try await store.audit(draft) == number)
        }
        #expect(try await store.verifyAudit() == AuditVerdict(entries: 10, faults: []))
        let head = try await store.auditHead()
        await store.close()
        return head
    }

    /// As somebody who can write the file: triggers do not stop them.
    private func forge(_ path: String, _ forgery: Forgery) async throws {
        let other = try DatabaseQueue(path: path)
        try await other.write { db in
            let triggers = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in triggers { try db.execute(sql: "DROP TRIGGER \(name)") }
            try forgery.forge(db)
        }
        try other.close()
    }

    @Test("with the number of the entry", arguments: Forgery.all)
    func forgeries(forgery: Forgery) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        _ = try await tenEntries(path)
        try await forge(path, forgery)
        let store = try await SQLiteStore.open(path: path, keys: keys)
        #expect(try await store.verifyAudit().faults == forgery.faults)
        // Going on does not make it sound.
        try await store.audit(planted.draft(.serverStarted, ""))
        #expect(try await !store.verifyAudit().isSound)
    }

    @Test("and after a foreign head the log itself notes it")
    func broken() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        _ = try await tenEntries(path)
        let other = try await SQLiteStore.open(
            path: path, keys: BanKeys(newest: [UInt8](repeating: 8, count: 32)))
        #expect(try await other.audit(planted.draft(.serverStarted, "")) == 12)
        #expect(
            try await other.verifyAudit()
                == AuditVerdict(entries: 12, faults: [AuditFault(number: 11, kind: .broken)]))
        #expect(try await other.auditEntries(after: 10, limit: 1).map(\.what) == ["audit.broken"])
    }

    @Test("under the newest key and the older ones")
    func rotation() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let head = try await tenEntries(path)
        let rotated = BanKeys(
            newest: [UInt8](repeating: 9, count: 32), older: [[UInt8](repeating: 7, count: 32)])
        let store = try await SQLiteStore.open(path: path, keys: rotated)
        #expect(try await store.verifyAudit().isSound)
        #expect(try await store.auditHead() == head)
        try await store.audit(planted.draft(.configChanged, ""))
        await store.close()
        let later = try await SQLiteStore.open(
            path: path, keys: BanKeys(newest: [UInt8](repeating: 9, count: 32)))
        #expect(try await later.verifyAudit() == AuditVerdict(entries: 11, faults: []))
    }

    @Test("a swept beginning is no fault, a deleted one is")
    func swept() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        _ = try await tenEntries(path)
        var retention = Retention()
        retention.audit = 100
        let store = try await SQLiteStore.open(path: path, retention: retention, keys: keys)
        #expect(try await store.sweep(now: start.addingTimeInterval(104.5)).auditEntries == 4)
        #expect(try await store.verifyAudit() == AuditVerdict(entries: 6, faults: []))
        #expect(try await store.auditEntries(after: 0, limit: 2).map(\.number) == [5, 6])
        await store.close()
        try await forge(
            path,
            Forgery("one more", finds: []) { try $0.execute(sql: "DELETE FROM audit_entry WHERE number = 5") }
        )
        let again = try await SQLiteStore.open(path: path, retention: retention, keys: keys)
        #expect(try await again.verifyAudit().faults == [AuditFault(number: 5, kind: .missing)])
    }

    @Test("the hash is that of the documented encoding, made by another program")
    func encoding() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"), keys: keys)
        try await store.audit(
            AuditDraft(at: start, who: "é", what: .orderCut, subject: "p", details: "{}"))
        let entry = try #require(try await store.auditEntries(after: 0, limit: 1).first)
        let digits = entry.hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        // Made with Python's hashlib over the lengths and fields that the doc comment lists.
        #expect(digits == "6ff0a2be15dc58eec461ac1a4aaf0cdcd6023225e705a330386097d150ba4d42")
        #expect(entry.previous == AuditEntry.origin)
    }

    @Test("a thousand at once are one chain")
    func together() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"), keys: keys)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<1_000 {
                group.addTask { try await store.audit(planted.draft(.orderCut, "p-\(number)")) }
            }
            let numbers = try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            #expect(numbers == Set(1...1_000))
        }
        #expect(try await store.verifyAudit() == AuditVerdict(entries: 1_000, faults: []))
        #expect(await store.transactions < 500)
    }
}
