import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("The proof of a cut is completed later")
struct ProofTests {
    private let dropped = DroppedSince(packets: 104, until: start.addingTimeInterval(3))

    private func proved(_ id: String) -> ReportRecord {
        var record = report(id)
        record.proof = CutProof(
            holdsBefore: PairGates(all: []), holdsAfter: PairGates(all: .report),
            inForceAt: start.addingTimeInterval(1), latencyMicroseconds: 90)
        return record
    }

    @Test("with what was dropped since, and nothing else changes")
    func complete() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        for id in ["r-1", "r-2"] { try await store.save(proved(id)) }
        try await store.complete(ReportID("r-1"), with: dropped)
        var expected = proved("r-1").kept
        expected.proof?.packetsDroppedSince = 104
        expected.proof?.countedUntil = dropped.until
        #expect(try await store.report(ReportID("r-1")) == expected)
        #expect(try await store.report(ReportID("r-2")) == proved("r-2").kept)
    }

    @Test("a report without a proof stays without, and one that is not there is unknown")
    func nothing() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(report("r-1"))
        try await store.complete(ReportID("r-1"), with: dropped)
        #expect(try await store.report(ReportID("r-1"))?.proof == nil)
        await #expect(throws: StorageError.unknown("r-2")) {
            try await store.complete(ReportID("r-2"), with: dropped)
        }
    }

    @Test("a proof of an earlier version is read")
    func earlier() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.save(proved("r-1"))
        let other = try DatabaseQueue(path: path)
        try await other.write { db in
            let text = try #require(try String.fetchOne(db, sql: "SELECT proof FROM report"))
            var members = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            members["countedUntil"] = nil
            members["droppedSince"] = nil
            let old = String(
                decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
            try db.execute(sql: "UPDATE report SET proof = ?", arguments: [old])
        }
        try other.close()
        #expect(try await store.report(ReportID("r-1")) == proved("r-1").kept)
    }
}
