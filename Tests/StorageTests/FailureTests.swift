import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("A disk that fails is told in a sentence, and work goes on when it returns")
struct FailureTests {
    @Test("full: nothing is confirmed, then everything is again")
    func full() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.save(report("before"))
        try await store.limitGrowth(pages: 2)
        let long = String(repeating: "x", count: 20_000)
        await #expect(throws: StorageError.full(path: store.path)) {
            try await store.save(report("during", comment: long))
        }
        // A probe is a small write, which a full disk may have room for; the report that failed shows at once.
        #expect(try await store.report(ReportID("during")) == nil)
        #expect(try await store.report(ReportID("before")) != nil)

        try await store.limitGrowth(pages: nil)
        try await store.save(report("during", comment: long))
        #expect(await store.isHealthy())
        #expect(try await store.report(ReportID("during"))?.comment == long)
    }

    @Test("full: of many at once, all fail and none is half there")
    func fullForMany() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        try await store.limitGrowth(pages: 0)
        let confirmed: [String] = await withTaskGroup(of: String?.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let id = "r-\(number)"
                    let comment = String(repeating: "y", count: 9_000)
                    return (try? await store.save(report(id, comment: comment))) == nil ? nil : id
                }
            }
            return await group.reduce(into: []) { if let id = $1 { $0.append(id) } }
        }
        for number in 0..<200 {
            let isThere = try await store.report(ReportID("r-\(number)")) != nil
            #expect(isThere == confirmed.contains("r-\(number)"))
        }
        #expect(confirmed.count < 200)
    }

    /// A folder on a file system of about 512 KiB that nobody else uses, where there is one:
    /// `mount -t tmpfs -o size=512k tmpfs FOLDER`.
    static let smallDisk = ProcessInfo.processInfo.environment["TIDEGATE_SMALL_DISK"]

    @Test("really full, on a small file system", .enabled(if: smallDisk != nil))
    func reallyFull() async throws {
        let disk = try #require(Self.smallDisk)
        let path = disk + "/full.sqlite"
        let ballast = disk + "/ballast"
        let store = try await SQLiteStore.open(path: path)
        try await store.save(report("before"))
        var block = 65_536
        while block > 0 {  // Fill it to the last byte.
            let written = FileManager.default.contents(atPath: ballast) ?? Data()
            if !FileManager.default.createFile(atPath: ballast, contents: written + Data(count: block)) {
                _ = FileManager.default.createFile(atPath: ballast, contents: written)
                block /= 2
            }
        }
        let long = String(repeating: "x", count: 200_000)
        await #expect(throws: StorageError.full(path: path)) {
            try await store.save(report("during", comment: long))
        }
        try FileManager.default.removeItem(atPath: ballast)
        try await store.save(report("during", comment: long))
        #expect(try await store.report(ReportID("during"))?.comment == long)
        #expect(await store.isHealthy())
        await store.close()
    }

    @Test("locked by another program, then released")
    func locked() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path, patience: 0.01)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true  // This one leaves its transaction open.
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: StorageError.locked(path: path)) { try await store.save(report("r-1")) }
        #expect(await !store.isHealthy())
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        #expect(await store.isHealthy())
        try await store.save(report("r-1"))
        #expect(try await store.report(ReportID("r-1")) != nil)
    }

    @Test("a file that was removed while it was open: nothing is confirmed that nobody could find again")
    func removed() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try FileManager.default.removeItem(atPath: path)
        await #expect(throws: StorageError.self) { try await store.save(report("r-1")) }
        #expect(await !store.isHealthy())
    }

    @Test("a store that was closed says so")
    func closed() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        await store.close()
        await #expect(throws: StorageError.self) { try await store.save(report("r-1")) }
        await #expect(throws: StorageError.self) { try await store.report(ReportID("r-1")) }
        #expect(await !store.isHealthy())
    }

    @Test("a folder that cannot be made")
    func noFolder() async throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.file("plain")))
        for path in [folder.file("plain/a.sqlite"), "/proc/tidegate/a.sqlite", folder.path] {
            await #expect {
                _ = try await SQLiteStore.open(path: path)
            } throws: { error in
                guard case .unreadable(let named, _)? = error as? StorageError else { return false }
                return named == path && "\(error)".contains(path)
            }
        }
    }

    @Test("a file that is not a database")
    func notADatabase() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        try Data(repeating: 0x61, count: 8_192).write(to: URL(fileURLWithPath: path))
        await #expect(throws: StorageError.corrupt(path: path)) { _ = try await SQLiteStore.open(path: path) }
    }

    @Test("every error is a sentence that names the file")
    func sentences() {
        let path = "run/tidegate.sqlite"
        let errors: [StorageError] = [
            .unreadable(path: path, why: "no"), .locked(path: path), .corrupt(path: path),
            .newerSchema(path: path),
            .full(path: path), .failed(path: path, why: "no"),
        ]
        for error in errors { #expect("\(error)".contains(path)) }
    }
}

@Suite("The tables follow the version of the program")
struct SchemaTests {
    @Test("a file from an older version keeps its records and gets the new tables")
    func older() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let old = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(old, upTo: "001 pairs")
        try await old.write { db in try pair("p-1").writeAsAtFirst(to: db) }
        try old.close()

        let store = try await SQLiteStore.open(path: path)
        #expect(try await store.pair(forReceipt: "p-1-first", since: .distantPast)?.pair == PairID("p-1"))
        try await store.save(report("r-1"))
        #expect(try await store.report(ReportID("r-1")) != nil)
    }

    @Test("an empty file is a fresh one, and opening twice changes nothing")
    func empty() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        try Data().write(to: URL(fileURLWithPath: path))
        for round in 0..<3 {
            let store = try await SQLiteStore.open(path: path)
            try await store.save(report("r-\(round)"))
            await store.close()
        }
        let store = try await SQLiteStore.open(path: path)
        #expect(try await store.report(ReportID("r-0")) != nil)
    }

    @Test("a file from a later version is not touched")
    func later() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        try await SQLiteStore.open(path: path).close()
        let next = try DatabaseQueue(path: path)
        var migrator = Schema.migrator
        migrator.registerMigration("999 future") { db in
            try db.execute(sql: "CREATE TABLE future (id INTEGER)")
        }
        try migrator.migrate(next)
        try next.close()
        await #expect(throws: StorageError.newerSchema(path: path)) {
            _ = try await SQLiteStore.open(path: path)
        }
    }
}
