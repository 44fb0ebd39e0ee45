import Foundation
import MediaControl
import RelayTypes
import Testing

@testable import Switchboard

@Suite("The journal is bounded in entries, bytes and time")
struct EventJournalTests {
    private let now = MonotonicInstant(nanoseconds: 0)

    private func event(_ number: UInt64, of peer: String = "p", _ event: SessionEvent = .resumed)
        -> NotedEvent
    {
        NotedEvent(
            number: number, at: Date(timeIntervalSince1970: 0), event: event, subject: .peer(PeerID(peer)))
    }

    private func key(_ peer: String = "p") -> EventJournal.Key { .peer(PeerID(peer)) }

    @Test("of one peer the first entries and the latest stay, and it is counted how many do not")
    func entries() {
        var limits = EventJournal.Limits()
        (limits.mostEntries, limits.firstKept) = (8, 3)
        var journal = EventJournal(limits)
        journal.open(key())
        for number in 1...20 { journal.add(event(UInt64(number)), at: now) }
        #expect(journal[key()]?.entries.map(\.number) == [1, 2, 3, 16, 17, 18, 19, 20])
        #expect(journal[key()]?.leftOut == 12)
        #expect(journal.cost == 8 * event(1).cost)
    }

    @Test("what has ended is dropped 24 h later, and not before; nothing is kept of those who have no record")
    func time() {
        var journal = EventJournal()
        journal.open(key())
        journal.add(event(1), at: now)
        journal.end(key(), at: now)
        let almost = now.advanced(bySeconds: 86_399)
        journal.add(event(2), at: almost)
        #expect(journal[key()]?.entries.count == 2, "a late report is told too")
        journal.forget(at: now.advanced(bySeconds: 86_400))
        #expect(journal[key()] == nil)
        journal.add(event(3), at: now.advanced(bySeconds: 86_401))
        #expect(journal.count == 0 && journal.cost == 0)
    }

    @Test("where there is too much, the oldest that have ended go first, and the living stay")
    func bytes() {
        var limits = EventJournal.Limits()
        limits.mostBytes = 10 * event(1).cost
        var journal = EventJournal(limits)
        for peer in ["alive", "a", "b", "c"] {
            journal.open(key(peer))
            for number in 1...4 { journal.add(event(UInt64(number), of: peer), at: now) }
            if peer != "alive" { journal.end(key(peer), at: now) }
        }
        #expect(journal[key("a")] == nil && journal[key("b")] == nil)
        #expect(journal[key("alive")]?.entries.count == 4 && journal[key("c")]?.entries.count == 4)
        #expect(journal.cost <= limits.mostBytes)
    }

    @Test("a journal that is full of the living grows no further, but for the few that each may keep")
    func full() {
        var limits = EventJournal.Limits()
        limits.mostBytes = 40 * event(1).cost
        limits.fewestEntries = 4
        var journal = EventJournal(limits)
        for peer in 0..<50 {
            journal.open(key("\(peer)"))
            for number in 1...100 { journal.add(event(UInt64(number), of: "\(peer)"), at: now) }
        }
        #expect(journal.cost <= limits.mostBytes + (50 * 4 + 1) * event(1).cost)
        #expect(journal[key("49")]?.entries.count == 4)
        #expect(journal[key("49")]?.entries.last?.number == 100)
    }

    @Test("so many pairs and no more are remembered with a peer")
    func pairs() {
        var limits = EventJournal.Limits()
        limits.mostPairs = 2
        var journal = EventJournal(limits)
        journal.open(key())
        for pair in ["1", "2", "3"] { journal.add(PairID(pair), to: PeerID("p")) }
        #expect(journal[key()]?.pairs == [PairID("2"), PairID("3")])
    }

    @Test("texts that are not ours are cut, and stay on one line")
    func texts() {
        let long = String(repeating: "x\n", count: 500).cutForJournal
        #expect(long.count == SessionEvent.mostText && !long.contains("\n"))
    }
}

@Suite("A subscriber that does not read loses events, and is told how many")
struct EventQueueTests {
    private func event(_ number: UInt64, _ event: SessionEvent = .resumed) -> NotedEvent {
        NotedEvent(
            number: number, at: Date(timeIntervalSince1970: 0), event: event, subject: .peer(PeerID("p")))
    }

    private func told(_ items: [EventQueue.Item]?) -> [String]? {
        items?
            .map { item in
                switch item {
                case .event(let noted): "\(noted.number)"
                case .lost(let count): "lost \(count)"
                case .beat: "beat"
                }
            }
    }

    @Test("in order, and the loss where it was")
    func loss() async throws {
        let queue = EventQueue()
        for number in 0..<UInt64(EventQueue.most + 3) { queue.offer(event(number)) }
        let items = try #require(told(await queue.take()))
        #expect(items.count == EventQueue.most + 1)
        #expect(items.first == "0" && items.last == "lost 3")
        queue.offer(event(7_777))
        #expect(told(await queue.take()) == ["7777"])
    }

    @Test("a reader that waits is woken up by an event, a beat and the end")
    func waking() async {
        let queue = EventQueue()
        async let first = queue.take()
        queue.offer(event(1))
        #expect(told(await first) == ["1"])
        async let second = queue.take()
        queue.beat()
        #expect(told(await second) == ["beat"])
        async let third = queue.take()
        queue.close()
        #expect(await third == nil)
    }

    @Test("filters: peer, pair and kind")
    func filters() {
        let pair = NotedEvent(
            number: 1, at: Date(), event: .accepted(by: .first),
            subject: .pair(PairID("x"), first: PeerID("a"), second: PeerID("b")))
        #expect(EventFilter().wants(pair))
        #expect(EventFilter(peer: PeerID("b")).wants(pair) && !EventFilter(peer: PeerID("c")).wants(pair))
        #expect(EventFilter(pair: PairID("x")).wants(pair) && !EventFilter(pair: PairID("y")).wants(pair))
        #expect(EventFilter(kinds: ["accepted"]).wants(pair) && !EventFilter(kinds: ["joined"]).wants(pair))
        #expect(!EventFilter(pair: PairID("x")).wants(event(1)))
    }
}
