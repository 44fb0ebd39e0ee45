import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("A report that was confirmed is there")
struct ReportTests {
    @Test("with everything in it, after the file was opened again")
    func reopen() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("deep/down/tidegate.sqlite")
        var full = report("r-1", comment: "Grüße ' \" ; 你好\n")
        full.pairEndedAt = start.addingTimeInterval(1.5)
        full.source = "receipt"
        full.live = false
        full.cutInForceMicroseconds = 187
        var gates = PairGates(all: [])
        gates[.first, .video] = [.consentSelf, .consentPartner]
        gates[.second, .chat] = .moderator
        full.gatesBefore = gates

        let store = try await SQLiteStore.open(path: path)
        try await store.save(full)
        try await store.save(report("r-2"))
        await store.close()

        let again = try await SQLiteStore.open(path: path)
        #expect(try await again.report(ReportID("r-1")) == full.kept)
        #expect(try await again.report(ReportID("r-2")) == report("r-2").kept)
        #expect(try await again.report(ReportID("r-3")) == nil)
    }

    @Test("and is in the file while the writer is still alive, as after kill -9")
    func withoutClosing() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(report("r-1"))
        // What a crash leaves behind: the file and its log as they are now.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("a.sqlite" + suffix), toPath: folder.file("b.sqlite" + suffix))
        }
        let copy = try await SQLiteStore.open(path: folder.file("b.sqlite"))
        #expect(try await copy.report(ReportID("r-1")) == report("r-1").kept)
        #expect(try await store.report(ReportID("r-1")) == report("r-1").kept)
    }

    @Test("the settings that make it durable are in force, and the file is its owner's only")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        for _ in 0..<2 {  // Fresh, and opened again.
            let store = try await SQLiteStore.open(path: path)
            let values = try await store.settings([
                "journal_mode", "synchronous", "foreign_keys", "secure_delete",
            ])
            #expect(values == ["wal", "2", "1", "1"], "synchronous 2 is FULL")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            await store.close()
        }
    }

    @Test("a thousand at once are all there, in far fewer transactions")
    func thousand() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask { try await store.save(report("r-\(number)")) }
            }
            try await group.waitForAll()
        }
        for number in 0..<1_000 {
            #expect(try await store.report(ReportID("r-\(number)")) != nil)
        }
        #expect(await store.transactions < 500)
    }

    @Test("the same report twice fails alone, not with those that share its transaction")
    func duplicate() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(report("r-0"))
        let failures: [StorageError] = await withTaskGroup(of: StorageError?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do throws(StorageError) {
                        try await store.save(report("r-\(number)"))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
        #expect(failures == [.duplicate("r-0")])
        #expect(await store.isHealthy())
        #expect(try await store.report(ReportID("r-99")) != nil)
    }

    @Test("a task that was cancelled has its report written all the same")
    func cancelled() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.save(report("r-1"))
        }
        try await task.value
        #expect(try await store.report(ReportID("r-1")) != nil)
    }

    @Test("gates are kept as text that reads back", arguments: 0..<64)
    func gates(seed: Int) {
        var gates = PairGates(all: [])
        for (index, side) in Side.allCases.enumerated() {
            for (number, channel) in Channel.allCases.enumerated() {
                gates[side, channel] = Holds(
                    rawValue: UInt8(truncatingIfNeeded: seed &* 37 &+ index &* 101 &+ number &* 59))
            }
        }
        #expect(GatesText.read(GatesText.write(gates)) == gates)
        #expect(GatesText.read("first.audio=nonsense") == nil)
        #expect(GatesText.read("") == nil)
    }
}
