import Dispatch
import MediaControl
import RelayTypes
import Signalling
import Storage
import Switchboard
import Testing

@Suite("Trouble with the machine shuts, and loses nothing")
struct TroubleTests {
    @Test(
        "a full disk: the pair is cut, the reporter hears the truth, the report is written when there is room"
    )
    func fullDisk() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        try await stage.store.limitGrowth(pages: 0)
        let long = String(repeating: "long ", count: 4_000)
        await first.say(.report(ReportRequest(reason: "threat", comment: long, pair: pair)), id: .number(1))
        #expect(stage.media.parted == 1)
        #expect(second.link.sofar(\.cutReason) == [.policy])
        #expect(await first.link.first(\.errorCode) == .unavailable)
        #expect(first.link.sofar(\.reportID).isEmpty)
        let sick = await stage.switchboard.isReady()
        #expect(!sick.ready && !sick.problems.isEmpty)
        #expect(await stage.switchboard.metrics().reportsNotDurable == 1)

        try await stage.store.limitGrowth(pages: nil)
        let id = try #require(await first.link.first(\.reportID))
        #expect(try await stage.store.report(id)?.comment == long)
        #expect(await stage.switchboard.isReady().ready)
    }

    @Test(
        "a disk that does not answer: whether it is ready and how it fares is told all the same, and a cut is in force"
    )
    func hangingDisk() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        #expect(await stage.switchboard.overview(limit: 10).reportsWaiting == 0)
        let (disk, store) = (DispatchSemaphore(value: 0), stage.store)
        defer { disk.signal() }
        let (begun, begin) = AsyncStream<Void>.makeStream()
        Task {
            await store.hang {
                begin.yield()
                disk.wait()
            }
        }
        for await _ in begun { break }

        let reporting = Task { await first.say(.report(ReportRequest(reason: "threat", pair: pair))) }
        #expect(await second.link.first(\.cutReason) == .policy)
        #expect(stage.media.parted == 1)
        // For a second after the last write it still counts as well.
        #expect(await eventually { await !stage.switchboard.isReady().ready })
        let problems = await stage.switchboard.isReady().problems
        #expect(problems.count == 1 && problems.allSatisfy { $0.contains("does not answer") })
        let overview = await stage.switchboard.overview(limit: 10)
        #expect(overview.pairs == 0 && overview.reportsWaiting == 0 && overview.problems.count == 1)

        disk.signal()
        await reporting.value
        #expect(await first.link.first(\.reportID) != nil)
        #expect(await eventually { await stage.switchboard.isReady().ready })
        #expect(await eventually { await stage.switchboard.overview(limit: 10).reportsWaiting == 1 })
    }

    private func eventually(_ holds: () async -> Bool) async -> Bool {
        for _ in 0..<1_000_000 {
            if await holds() { return true }
            await Task.yield()
        }
        return false
    }

    @Test("no room for another leg: a clear answer, and text still works")
    func noRoom() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        for _ in 0..<stage.media.legsPerWorker {
            await (try await stage.person()).say(.join(JoinRequest()))
        }
        let late = try await stage.person()
        await late.say(.join(JoinRequest()))
        #expect(late.link.all.last?.errorCode == .unavailable)
        #expect(!(await stage.switchboard.isReady().ready))
        await late.say(.join(JoinRequest(media: .text)))
        #expect(late.link.all.last?.waiting == 1)
    }

    @Test("a place that was given back takes the next leg, under another generation")
    func placeReused() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let first = try await stage.joined()
        let before = try #require(stage.media.lastLeg)
        await first.close()
        _ = try await stage.joined()
        let after = try #require(stage.media.lastLeg)
        #expect(after.index == before.index && after.generation != before.generation)
    }

    @Test("a full server and one that goes down let nobody in")
    func full() async throws {
        let stage = try await Stage { $0.maximumPeers = 1 }
        defer { stage.close() }
        let first = try await stage.person()
        let link = RecordingLink()
        let connection = await stage.switchboard.connect(link, address: "")
        await stage.switchboard.receive(
            ClientFrame(.hello(version: 1, token: nil, resume: nil)), from: connection)
        #expect(link.all.compactMap(\.errorCode) == [.unavailable])
        #expect(link.closed == .draining)
        await stage.switchboard.drain(within: 5)
        #expect(first.link.all.last == .draining(reconnect: true, within: 5))
        #expect(first.link.closed == .draining)
    }
}

@Suite("An operator's identity tokens")
struct IdentityTests {
    @Test("one identity never meets itself")
    func itself() async throws {
        let stage = try await Stage { $0.identify = { token, _ in token } }
        defer { stage.close() }
        let first = try await stage.identified("ann")
        let again = try await stage.identified("ann")
        #expect(first.link.sofar(\.matchedPair).isEmpty && again.link.sofar(\.matchedPair).isEmpty)
        let other = try await stage.identified("bob")
        #expect(await other.link.first(\.matchedPair) == first.link.first(\.matchedPair))
    }

    @Test(
        "where a token is required, none and a wrong one are unauthorized, 4001", arguments: [nil, "wrong"])
    func required(token: String?) async throws {
        let stage = try await Stage {
            $0.identify = { _, _ in nil }
            $0.requiresIdentity = true
        }
        defer { stage.close() }
        let link = RecordingLink()
        let connection = await stage.switchboard.connect(link, address: "")
        await stage.switchboard.receive(
            ClientFrame(.hello(version: 1, token: token, resume: nil)), from: connection)
        #expect(link.all.compactMap(\.errorCode) == [.unauthorized])
        #expect(link.closed == .unauthorized)
    }
}

extension Stage {
    /// A text peer with an identity, in the pool.
    fileprivate func identified(_ token: String) async throws -> Person {
        let link = RecordingLink()
        let connection = await switchboard.connect(link, address: "")
        await switchboard.receive(
            ClientFrame(.hello(version: 1, token: token, resume: nil)), from: connection)
        let person = Person(
            stage: self, link: link, connection: connection,
            welcome: try #require(link.all.lazy.compactMap(\.welcome).first))
        await person.say(.join(JoinRequest(media: .text)))
        return person
    }
}
