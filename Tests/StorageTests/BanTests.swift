import Foundation
import GRDB
import RelayTypes
import Testing

@testable import Storage

@Suite("A ban on disk") struct BanTests {
    private let keys = BanKeys(
        newest: [UInt8](repeating: 1, count: 32), older: [[UInt8](repeating: 2, count: 32)])

    private func ban(_ id: String, until: Date? = nil, addressUntil: Date? = nil) -> BanRecord {
        BanRecord(
            id: BanID(id), decision: DecisionID("d-" + id), peer: PeerID("ben"), madeAt: start, until: until,
            reason: "rule 3", facts: "what happened",
            holds: [
                .init(mark: keys.mark(.address, "ipv4-c0000201"), until: addressUntil),
                .init(mark: keys.mark(.lineage, "abc"), until: nil),
            ])
    }

    @Test("is found by a later run, word for word") func comesBack() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("bans.sqlite")
        let kept = ban("b-1", until: start + 100, addressUntil: start + 50)
        let first = try await SQLiteStore.open(path: path)
        try await first.save(kept)
        await first.close()
        let second = try await SQLiteStore.open(path: path)
        let found = try await second.bans(inForceAt: start)
        #expect(found.map(\.id) == [kept.id])
        #expect(found.first?.holds.count == 2)
        #expect(found.first?.holds.allSatisfy(kept.holds.contains) == true)
        #expect(found.first?.until == kept.until && found.first?.facts == kept.facts)
        await second.close()
    }

    @Test("is gone when it has run out or was lifted") func ends() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("bans.sqlite"))
        try await store.save(ban("short", until: start + 10))
        try await store.save(ban("lifted"))
        try await store.save(ban("kept"))
        try await store.liftBan(BanID("lifted"), at: start + 1)
        #expect(try await store.bans(inForceAt: start + 9).map(\.id.text).sorted() == ["kept", "short"])
        #expect(try await store.bans(inForceAt: start + 10).map(\.id.text) == ["kept"])
        await store.close()
    }

    @Test(
        "a second process on the same file sees what the first makes and lifts, after the file was written anew too"
    )
    func twoProcesses() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("bans.sqlite")
        let (here, there) = (
            try await SQLiteStore.open(path: path, keys: keys),
            try await SQLiteStore.open(path: path, keys: keys)
        )
        let before = try await here.foreignVersion()
        try await here.save(ban("own"))
        #expect(try await here.foreignVersion() == before)
        var known = try await here.bans(after: .start, inForceAt: start)
        #expect(known.bans.map(\.ban.id.text) == ["own"])

        for id in ["a", "b", "c"] { try await there.save(ban(id, until: id == "c" ? nil : start + 10)) }
        #expect(try await here.foreignVersion() != before)
        known = try await here.bans(after: known.place, inForceAt: start)
        #expect(known.bans.map(\.ban.id.text) == ["a", "b", "c"] && known.lifted.isEmpty)

        try await there.liftBan(BanID("own"), at: start + 1)
        known = try await here.bans(after: known.place, inForceAt: start + 1)
        #expect(known.bans.isEmpty && known.lifted.map(\.text) == ["own"])
        // What has run out goes, the rows move up, and a new one takes a number that had been read.
        try await there.rebuild(deleting: ["own", "a", "b"])
        for id in ["d", "e", "f", "g"] { try await there.save(ban(id)) }
        known = try await here.bans(after: known.place, inForceAt: start + 20)
        #expect(Set(known.bans.map(\.ban.id.text)).isSuperset(of: ["d", "e", "f", "g"]))
        await here.close()
        await there.close()
    }

    @Test("keeps no hash of an address that has run out") func sweeps() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("bans.sqlite"))
        try await store.save(ban("b-1", addressUntil: start + 50))
        try await store.sweep(now: start + 50)
        let holds = try await store.bans(inForceAt: start + 60).flatMap(\.holds)
        #expect(holds.map(\.mark.handle) == [.lineage])
        await store.close()
    }

    @Test("knows nobody's account or address: only hashes are in the file") func hashes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("bans.sqlite")
        let store = try await SQLiteStore.open(path: path)
        try await store.save(ban("b-1"))
        await store.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
            #expect(bytes.range(of: Data("c0000201".utf8)) == nil, "\(name)")
        }
    }

    @Test("is recognised under an older key, and made under the newest") func rotation() {
        let before = BanKeys(newest: [UInt8](repeating: 2, count: 32))
        #expect(keys.marks(.identity, "anna").contains(before.mark(.identity, "anna")))
        #expect(keys.mark(.identity, "anna") != before.mark(.identity, "anna"))
        #expect(keys.mark(.identity, "anna") != keys.mark(.lineage, "anna"))
    }

    @Test("makes its key file once, for its owner only") func keyFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("ban.key")
        let first = try BanKeys.load(path: path)
        let second = try BanKeys.load(path: path)
        #expect(first.mark(.identity, "anna") == second.mark(.identity, "anna"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(
        "refuses a key file that is not one",
        arguments: ["", "abc\n", String(repeating: "g", count: 64) + "\n"])
    func badKeyFile(_ text: String) throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("ban.key")))
        #expect(throws: StorageError.self) { try BanKeys.load(path: folder.file("ban.key")) }
    }
}

extension SQLiteStore {
    /// Deletes bans and writes the file anew, as a sweep does.
    fileprivate func rebuild(deleting bans: [String]) async throws {
        try await write(named: "bans") { db in
            for ban in bans { try db.execute(sql: "DELETE FROM ban WHERE id = ?", arguments: [ban]) }
            return bans.count
        }
        try await database.writeWithoutTransaction { db in try db.execute(sql: "VACUUM") }
    }
}
