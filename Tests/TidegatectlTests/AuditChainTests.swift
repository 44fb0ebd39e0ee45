import Foundation
import Testing

@testable import tidegatectl

@Suite("audit verify") struct AuditChainTests {
    private static let sound = AuditVerdictAnswer(entries: 0, sound: true, faults: [])

    private func entry(_ number: Int, after previous: String, who: String = "ada") throws -> AuditEntryAnswer
    {
        let draft: [String: Any] = [
            "number": number, "at": "2026-03-01T12:00:0\(number % 10).125Z", "who": who,
            "what": "report.read",
            "subject": "r\(number)", "details": "{}", "previous": previous, "hash": "",
        ]
        func decoded(_ values: [String: Any]) throws -> AuditEntryAnswer {
            try JSONDecoder()
                .decode(AuditEntryAnswer.self, from: JSONSerialization.data(withJSONObject: values))
        }
        var whole = draft
        let hash: String = try #require(try decoded(draft).computedHash)
        whole["hash"] = hash
        return try decoded(whole)
    }

    private func log(_ count: Int, first: Int = 1) throws -> [AuditEntryAnswer] {
        var entries: [AuditEntryAnswer] = []
        var previous = String(repeating: first == 1 ? "0" : "7", count: 64)
        for number in first..<first + count {
            let next = try entry(number, after: previous)
            entries.append(next)
            previous = next.hash
        }
        return entries
    }

    private func faults(_ entries: [AuditEntryAnswer], head: String? = nil) -> [Int] {
        var chain = AuditChain(expecting: head)
        for entry in entries { chain.read(entry) }
        let verdict = chain.verdict(with: Self.sound)
        #expect(verdict.sound == verdict.faults.isEmpty)
        return verdict.faults.map(\.number)
    }

    @Test("has nothing against a log that nobody has touched") func untouched() throws {
        #expect(faults(try log(5)).isEmpty)
        #expect(faults(try log(5, first: 40)).isEmpty, "what came before was kept for long enough")
        #expect(faults([]).isEmpty)
    }

    @Test("knows the encoding: a vector") func vector() throws {
        // Made with Python's hashlib and struct from the description in AuditChain.swift.
        let first = try entry(1, after: String(repeating: "0", count: 64))
        #expect(first.hash == "19575f67863c3d1cb55224b9911685f1552a3929fd84923756adca7ad3f44a46")
    }

    @Test("finds a changed entry") func changed() throws {
        var entries = try log(5)
        let other = try entry(3, after: entries[1].hash, who: "eve")
        entries[2] = AuditEntryAnswer(
            number: 3, at: other.at, who: "eve", what: other.what, subject: other.subject,
            details: other.details, previous: other.previous, hash: entries[2].hash)
        #expect(faults(entries) == [3])
    }

    @Test("finds a rewritten entry by the one behind it") func rewritten() throws {
        var entries = try log(5)
        entries[2] = try entry(3, after: entries[1].hash, who: "eve")
        #expect(faults(entries) == [4])
    }

    @Test("finds a deleted entry") func deleted() throws {
        var entries = try log(5)
        entries.remove(at: 2)
        #expect(faults(entries).first == 3)
    }

    @Test("finds entries in another order") func moved() throws {
        var entries = try log(5)
        entries.swapAt(1, 2)
        #expect(!faults(entries).isEmpty)
    }

    @Test("finds a cut-off end and a rewritten log by an earlier head") func head() throws {
        let entries = try log(5)
        let head = "5:\(entries[4].hash)"
        #expect(faults(entries, head: head).isEmpty)
        #expect(faults(Array(entries.prefix(4)), head: head) == [5])
        var others: [AuditEntryAnswer] = []
        var previous = String(repeating: "0", count: 64)
        for number in 1...5 {
            others.append(try entry(number, after: previous, who: "eve"))
            previous = others[number - 1].hash
        }
        #expect(faults(others, head: head) == [5])
        #expect(faults(entries, head: "nonsense") == [0])
    }

    @Test("repeats what the server's key knows") func server() throws {
        var chain = AuditChain()
        for entry in try log(2) { chain.read(entry) }
        let told = AuditVerdictAnswer(entries: 2, sound: false, faults: [.init(number: 3, what: "cut")])
        let verdict = chain.verdict(with: told)
        #expect(!verdict.sound && verdict.faults == told.faults && verdict.entries == 2)
    }
}
