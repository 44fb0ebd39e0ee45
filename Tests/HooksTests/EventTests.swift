import AsyncHTTPClient
import Foundation
import Logging
import Storage
import Testing

@testable import Hooks

@Suite("Events reach the operator's endpoint at least once")
struct EventTests {
    private final class Shelf: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tidegate-\(UUID().uuidString)")
        var path: String { folder.appending(path: "hooks.sqlite").path }
        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    private func courier(
        _ url: String, _ store: SQLiteStore, _ body: (EventCourier) async throws -> Void
    ) async throws {
        var settings = HookSettings()
        settings.eventsURL = url
        settings.secret = try HookSecret(text: DecisionTests.secret)
        let client = HookRequest.client()
        try await body(
            EventCourier(
                settings, client: client, store: store,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, patience: 300_000))
        try await client.shutdown()
    }

    private func event(_ number: Int, secondsAgo: Double = 1) -> HookEventRecord {
        HookEventRecord(
            id: "evt_\(number)", at: Date().addingTimeInterval(-secondsAgo), kind: "pair.matched",
            body: "{\"number\":\(number)}")
    }

    @Test("each is delivered once where the endpoint takes it, and forgotten")
    func delivered() async throws {
        let shelf = Shelf()
        let store = try await SQLiteStore.open(path: shelf.path)
        let endpoint = Endpoint { _ in (204, "") }
        _ = try await store.save((0..<40).map { event($0) }, room: 100)
        try await endpoint.whileOpen { url in
            try await courier(url, store) { courier in
                await courier.deliverWhatIsDue()
                #expect(await courier.events[.delivered] == 40)
                await courier.deliverWhatIsDue()
            }
        }
        #expect(Set(endpoint.visits.map(\.id)).count == 40 && endpoint.visits.count == 40)
        #expect(try await store.backlog() == HookBacklog())
        await store.close()
    }

    @Test("one that is not taken stays, over a restart too, with the same name and body")
    func again() async throws {
        let shelf = Shelf()
        let endpoint = Endpoint { _ in (500, "") }
        try await endpoint.whileOpen { url in
            var store = try await SQLiteStore.open(path: shelf.path)
            _ = try await store.save([event(1), event(2)], room: 100)
            try await courier(url, store) { courier in
                await courier.deliverWhatIsDue()
                #expect(await courier.events[.failed] ?? 0 >= 1)
                #expect(await courier.lastAttempt == "status 500")
            }
            #expect(try await store.backlog().waiting == 2)
            await store.close()

            endpoint.says { _ in (200, "") }
            store = try await SQLiteStore.open(path: shelf.path)
            // Their next attempts are due at once.
            for name in ["evt_1", "evt_2"] { try await store.delayEvent(name, until: Date.distantPast) }
            try await courier(url, store) { await $0.deliverWhatIsDue() }
            #expect(try await store.backlog().waiting == 0)
            await store.close()
        }
        let last = endpoint.visits.suffix(2)
        #expect(Set(last.map(\.id)) == ["evt_1", "evt_2"])
        #expect(Set(last.map(\.body)) == ["{\"number\":1}", "{\"number\":2}"])
    }

    @Test("410 ends it, over a restart too, until the operator says so")
    func gone() async throws {
        let shelf = Shelf()
        let endpoint = Endpoint { _ in (410, "") }
        try await endpoint.whileOpen { url in
            let store = try await SQLiteStore.open(path: shelf.path)
            _ = try await store.save([event(1)], room: 100)
            try await courier(url, store) { courier in
                await courier.deliverWhatIsDue()
                #expect(await courier.goneSince != nil)
            }
            #expect(endpoint.visits.count == 1)
            endpoint.says { _ in (200, "") }
            try await courier(url, store) { courier in
                await courier.deliverWhatIsDue()
                #expect(endpoint.visits.count == 1, "it is remembered")
                try await courier.enable()
                await courier.deliverWhatIsDue()
                #expect(await courier.goneSince == nil)
            }
            #expect(try await store.backlog().waiting == 0)
            await store.close()
        }
        #expect(endpoint.visits.count == 2)
    }

    @Test("what is older than a day is given up, and counted")
    func expired() async throws {
        let shelf = Shelf()
        let store = try await SQLiteStore.open(path: shelf.path)
        let endpoint = Endpoint { _ in (200, "") }
        _ = try await store.save([event(1, secondsAgo: 86_500), event(2)], room: 100)
        try await endpoint.whileOpen { url in
            try await courier(url, store) { courier in
                await courier.deliverWhatIsDue()
                #expect(await courier.events[.expired] == 1)
            }
        }
        #expect(endpoint.visits.map(\.id) == ["evt_2"])
        await store.close()
    }

    @Test("beyond the room there is, the newest are not kept; the same event is kept once")
    func room() async throws {
        let shelf = Shelf()
        let store = try await SQLiteStore.open(path: shelf.path)
        #expect(try await store.save((0..<3).map { event($0) }, room: 5) == 0)
        #expect(try await store.save((2..<8).map { event($0) }, room: 5) == 4)
        #expect(try await store.backlog().waiting == 4)
        await store.close()
    }

    @Test("two processes with one queue do not take the same event")
    func lease() async throws {
        let shelf = Shelf()
        let (one, other) = (
            try await SQLiteStore.open(path: shelf.path), try await SQLiteStore.open(path: shelf.path)
        )
        _ = try await one.save((0..<10).map { event($0) }, room: 100)
        let now = Date()
        let first = try await one.takeEvents(dueAt: now, most: 6, lease: 30)
        let second = try await other.takeEvents(dueAt: now, most: 6, lease: 30)
        #expect(first.map(\.id) == (0..<6).map { "evt_\($0)" })
        #expect(second.map(\.id) == (6..<10).map { "evt_\($0)" })
        let later = try await other.takeEvents(dueAt: now.addingTimeInterval(31), most: 20, lease: 30)
        #expect(later.count == 10 && later.allSatisfy { $0.attempts == 2 }, "whoever died with them")
        await one.close()
        await other.close()
    }

    @Test("the time to the next attempt grows, and two that failed together part")
    func schedule() {
        let delays = (1...20).map { RetrySchedule.delay(after: $0, jitter: 0.5) }
        #expect(delays == delays.sorted() && (delays.first ?? 0) > 0)
        #expect(RetrySchedule.delay(after: 3, jitter: 0) < RetrySchedule.delay(after: 3, jitter: 1))
        #expect(delays.reduce(0, +) > HookEventRecord.lifetime, "a day is not used up by twenty attempts")
    }
}
