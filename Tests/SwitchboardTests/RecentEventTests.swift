import Foundation
import RelayTypes
import Testing

@testable import Switchboard

@Suite("A subscriber that comes back is told what it has missed")
struct RecentEventTests {
    private func numbers(_ items: [EventQueue.Item]) -> [UInt64] {
        items.compactMap { if case .event(let event) = $0 { event.number } else { nil } }
    }

    @Test("of this run what came after the last one it knows, of another run everything; then what comes")
    func again() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let filter = EventFilter(kinds: ["connected"])
        let first = try #require(await stage.switchboard.subscribe(to: filter))
        for _ in 0..<3 { _ = try await stage.person() }
        let told = numbers(try #require(await first.take()))
        #expect(told.count == 3)

        let again = try #require(
            await stage.switchboard.subscribe(to: filter, after: "\(first.run)-\(told[0])"))
        #expect(numbers(try #require(await again.take())) == Array(told.dropFirst()))
        for other in ["another-\(told[1])", "nonsense", ""] {
            let queue = try #require(await stage.switchboard.subscribe(to: filter, after: other))
            #expect(numbers(try #require(await queue.take())) == told, "\(other)")
        }
        _ = try await stage.person()
        #expect(numbers(try #require(await again.take())).count == 1)
    }

    @Test("the latest 1,024 are kept, and those before them are counted as lost")
    func bound() async throws {
        var recent = RecentEvents()
        #expect(recent.events(after: 5).events.isEmpty && recent.events(after: 5).missing == 0)
        let count = UInt64(EventQueue.most) + 10
        for number in 1...count {
            recent.add(
                NotedEvent(
                    number: number, at: Date(timeIntervalSince1970: 0), event: .resumed,
                    subject: .peer(PeerID("p"))))
        }
        let late = recent.events(after: 3)
        #expect(late.missing == 7 && late.events.map(\.number) == Array(11...count))
        let near = recent.events(after: count - 1)
        #expect(near.missing == 0 && near.events.map(\.number) == [count])

        let queue = EventQueue()
        queue.missed(late.missing)
        for event in late.events { queue.offer(event) }
        let items = try #require(await queue.take())
        guard case .lost(7)? = items.first else {
            Issue.record("\(items.prefix(1))")
            return
        }
        #expect(numbers(items) == Array(11...count))
    }
}
