import Foundation
import GRDB
import RelayTypes
import Synchronization
import Testing

@testable import Storage

@Suite("While the database is written anew, reports go on being durable", .timeLimit(.minutes(10)))
struct MeanwhileTests {
    /// Holds the database's writer until it is told to go on.
    private final class Vacuum: Sendable {
        private let begun = DispatchSemaphore(value: 0)
        private let end = DispatchSemaphore(value: 0)
        private let hasBegun = Mutex(false)

        var isRunning: Bool { hasBegun.withLock { $0 } }
        func finish() { end.signal() }

        func begin(_ store: SQLiteStore) async -> Task<Bool, Never> {
            let running = Task {
                let done = try? await store.queue.withReportsAside { db in
                    self.hasBegun.withLock { $0 = true }
                    self.end.wait()
                    try db.execute(sql: "VACUUM")
                    return true
                }
                return done ?? false
            }
            while !isRunning { await Task.yield() }
            return running
        }
    }

    private func aside(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path + "-meanwhile") }

    @Test("a report and the probe do not wait; what concerns it waits, and then finds it")
    func reports() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        let planted = Planted(name: "a")
        try await store.save(report("before"))
        let vacuum = Vacuum()
        let running = await vacuum.begin(store)
        try await store.save(planted.report)
        for number in 0..<60 { try await store.save(report("r-\(number)")) }
        #expect(await store.isHealthy())
        // What a crash at this moment would leave: the file beside has it, the database has not.
        let other = try DatabaseQueue(path: path)
        #expect(try await other.read { db in try !ReportRecord.exists(planted.report.id, in: db) })
        #expect(aside(path))

        let deciding = Task {
            try await store.decide(
                planted.decision(), ban: nil, liftsBan: nil, audit: planted.draft(.decisionMade, ""))
        }
        let reading = Task { try await store.report(planted.report.id) }
        while await store.queue.pendingWrites < 2 { await Task.yield() }
        vacuum.finish()
        #expect(await running.value)
        #expect(try await deciding.value == 1)
        #expect(try await reading.value != nil)
        #expect(try await store.report(ReportID("r-59")) != nil)
        #expect(try await store.openReports() == 61)
        #expect(!aside(path))
        try other.close()
        let later = try #require(try await store.report(ReportID("r-0")))
        #expect(later == report("r-0").kept)
        let full = Planted(name: "b").report
        let again = Vacuum()
        let second = await again.begin(store)
        try await store.save(full)
        again.finish()
        #expect(await second.value)
        #expect(try await store.report(full.id) == full, "every field of it, with its own date")
    }

    @Test("after a crash meanwhile the next start finds them, and twice is once")
    func crash() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let crashed = folder.file("b.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.save(report("before"))
        let vacuum = Vacuum()
        let running = await vacuum.begin(store)
        try await store.save(report("meanwhile"))
        // What is on the disk at this moment.
        for suffix in ["", "-wal", "-meanwhile", "-meanwhile-wal"] {
            let from = path + suffix
            guard FileManager.default.fileExists(atPath: from) else { continue }
            try FileManager.default.copyItem(atPath: from, toPath: crashed + suffix)
        }
        vacuum.finish()
        #expect(await running.value)
        for _ in 0..<2 {
            let next = try await SQLiteStore.open(path: crashed)
            #expect(try await next.report(ReportID("meanwhile"))?.reason == "spam")
            #expect(try await next.openReports() == 2)
            #expect(!aside(crashed))
            await next.close()
        }
        // A crash between the copy and the end of the other file.
        do {
            let beside = try MeanwhileFile.open(besides: crashed)
            try await beside.file.pool.write { db in
                for id in ["meanwhile", "after"] { try report(id).insert(into: db) }
            }
            // Whoever holds it is running, and takes it in itself.
            let other = try await SQLiteStore.open(path: crashed)
            #expect(try await other.openReports() == 2)
            #expect(aside(crashed))
            await other.close()
            try beside.file.pool.close()
        }
        let last = try await SQLiteStore.open(path: crashed)
        #expect(try await last.openReports() == 3)
    }

    @Test("where the other file cannot be made, reports wait, and none is lost")
    func noRoom() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try FileManager.default.createDirectory(
            atPath: path + "-meanwhile", withIntermediateDirectories: false)
        let vacuum = Vacuum()
        let running = await vacuum.begin(store)
        let saving = Task { try await store.save(report("waits")) }
        while await store.queue.pendingWrites < 1 { await Task.yield() }
        vacuum.finish()
        #expect(await running.value)
        try await saving.value
        #expect(try await store.report(ReportID("waits")) != nil)
    }

    @Test("many at once, again and again: each is there once", arguments: [1, 2])
    func again(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        for round in 0..<4 {
            let vacuum = Vacuum()
            let running = await vacuum.begin(store)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            try await store.save(report("\(round)-\(number)"))
                        } catch {
                            Issue.record(error)
                        }
                    }
                    if number == 50 + seed { group.addTask { vacuum.finish() } }
                }
            }
            #expect(await running.value)
        }
        #expect(try await store.openReports() == 400)
    }

    @Test("a large file is written anew once a day, with reports coming in: none is lost, nothing is left")
    func large() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        let owe = { () async throws in
            try await store.database.write { db in try db.execute(sql: "UPDATE sweep SET erased = 0") }
        }
        try await owe()
        let erased = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask { (try? await store.save(report("r-\(number)"))) != nil }
                if number == 100 { group.addTask { await store.erase(at: start, small: 0) } }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(erased)
        #expect(try await store.openReports() == 300)
        #expect(!aside(path))
        try await owe()
        let nextDay = start.addingTimeInterval(86_400)
        #expect(await !store.erase(at: nextDay.addingTimeInterval(-1), small: 0))
        #expect(await store.erase(at: nextDay, small: 0))
    }
}
