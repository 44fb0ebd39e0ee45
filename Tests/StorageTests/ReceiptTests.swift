import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("A receipt finds its pair for 24 h, over restarts too (PROTOCOL.md section 2)")
struct ReceiptTests {
    private let day: TimeInterval = 86_400

    @Test("from either side, while it runs, after its end, and after a restart")
    func bothSides() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.savePair(pair("p-1"))
        let since = start.addingTimeInterval(-1)
        let expected = ReceiptRecord(
            pair: PairID("p-1"), startedAt: start, endedAt: nil, side: .second, holder: PeerID("ben"),
            partner: PeerID("anna"), partnerBand: Band("adult"))
        #expect(try await store.pair(forReceipt: "p-1-second", since: since) == expected)

        let end = start.addingTimeInterval(60)
        try await store.endPair(PairID("p-1"), at: end)
        try await store.endPair(PairID("p-1"), at: end.addingTimeInterval(60))
        try await store.endPair(PairID("unknown"), at: end)
        await store.close()

        let again = try await SQLiteStore.open(path: path)
        let first = try await again.pair(forReceipt: "p-1-first", since: since)
        #expect(first?.endedAt == end, "the first end counts")
        #expect(first?.side == .first)
        #expect(first?.holder == PeerID("anna"))
        #expect(first?.partner == PeerID("ben"))
        #expect(try await again.pair(forReceipt: "p-1-third", since: since) == nil)
        #expect(try await again.pair(forReceipt: "", since: since) == nil)
    }

    @Test("the end may come as the whole record once more, or as the only one")
    func wholeRecord() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let end = start.addingTimeInterval(60)
        try await store.savePair(pair("p-1"))
        try await store.savePair(pair("p-1", to: end))
        try await store.savePair(pair("p-1"))
        try await store.savePair(pair("p-2", to: end))
        for receipt in ["p-1-first", "p-2-second"] {
            #expect(try await store.pair(forReceipt: receipt, since: start)?.endedAt == end)
        }
    }

    @Test("it counts from the end of the pair, or from its start where the end is unknown")
    func window() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.savePair(pair("open"))
        try await store.savePair(pair("ended", to: start.addingTimeInterval(3_600)))
        func found(_ id: String, after seconds: TimeInterval) async throws -> Bool {
            let since = start.addingTimeInterval(seconds - day)
            return try await store.pair(forReceipt: "\(id)-first", since: since) != nil
        }
        #expect(try await found("open", after: day - 1))
        #expect(try await !found("open", after: day))
        #expect(try await found("ended", after: day + 3_599))
        #expect(try await !found("ended", after: day + 3_600))
    }

    @Test("the receipt itself is nowhere in the file")
    func hashed() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.savePair(pair("p-1"))
        await store.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
            #expect(bytes.range(of: Data("p-1-first".utf8)) == nil)
        }
    }

    @Test("SHA-256 of \"abc\" (FIPS 180-4)")
    func vector() {
        let digits = ReceiptHash(of: "abc").bytes
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        #expect(digits.joined() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("what has been kept for long enough goes, and nothing else")
    func sweep() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(report("old"))
        try await store.save(report("new", at: start.addingTimeInterval(day)))
        try await store.savePair(pair("ended", to: start))
        try await store.savePair(pair("running"))
        let since = start.addingTimeInterval(-1)
        func removed(after days: Double) async throws -> [Int] {
            let result = try await store.sweep(now: start.addingTimeInterval(days * day))
            #expect(result.isErased)
            return [result.pairs, result.reports]
        }

        #expect(try await removed(after: 0.99) == [0, 0])
        #expect(try await removed(after: 1) == [1, 0], "the ended pair")
        #expect(try await store.pair(forReceipt: "ended-first", since: since) == nil)
        #expect(try await store.pair(forReceipt: "running-first", since: since) != nil)
        #expect(try await removed(after: 2) == [1, 0], "the one without an end")
        #expect(try await removed(after: 90) == [0, 1], "the old report")
        #expect(try await store.report(ReportID("old")) == nil)
        #expect(try await store.report(ReportID("new")) != nil)
    }
}
