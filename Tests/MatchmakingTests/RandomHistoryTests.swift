import Matchmaking
import ReferenceTools
import RelayTypes
import Testing

/// A random history of one room, told to the room and to the oracle alike.
struct History {
    private(set) var room: WaitingRoom
    private(set) var naive: NaiveRoom
    private(set) var now = MonotonicInstant(nanoseconds: 0)
    private var generator: SplitMix64
    private let matchWait: UInt64
    private let population: Int
    /// One on which all wait together, or a few.
    private let workers: Int

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        matchWait = seed % 5 == 0 ? 0 : 3
        population = 4 + Int(seed % 40)
        workers = 1 + Int(seed % 3)
        room = WaitingRoom(matchWait: matchWait, avoidRecent: 10)
        naive = NaiveRoom(matchWait: matchWait)
    }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private mutating func some(_ words: [String], atMost most: Int) -> [String] {
        Array(words.shuffled(using: &generator).prefix(pick(most + 1)))
    }

    private mutating func peer() -> PeerID { PeerID("p\(pick(population))") }

    private mutating func group() -> MatchGroup {
        [.unverified, .band(Band("adult")), .band(Band("teen")), .band(Band("adult"))][pick(4)]
    }

    private mutating func interests() -> [String] {
        let words = some(["go", "chess", "Music", "films", "tea"], atMost: 3)
        return words.map { word in pick(2) == 0 ? word : word.uppercased() }
    }

    private mutating func seeker() -> Seeker {
        var avoid: Set<PeerID> = []
        for _ in 0..<pick(4) { avoid.insert(peer()) }
        return Seeker(
            peer: peer(), interests: interests(), languages: some(["en", "de", "fr"], atMost: 2),
            media: pick(5) == 0 ? .text : .video, group: group(), worker: UInt16(pick(workers)),
            isFixed: pick(4) == 0, avoid: avoid, identity: pick(4) == 0 ? "i\(pick(3))" : nil)
    }

    /// One random thing happens.
    mutating func step() {
        switch pick(13) {
        case 0..<6:
            let seeker = seeker()
            room.enter(seeker, at: now)
            naive.enter(seeker, at: now)
        case 6:
            let peer = peer()
            room.leave(peer)
            naive.leave(peer)
        case 7:
            let (peer, interests, languages) = (peer(), interests(), some(["en", "de", "fr"], atMost: 2))
            room.update(peer, interests: interests, languages: languages)
            naive.change(peer) {
                $0.interests = interests
                $0.languages = languages
            }
        case 8:
            let (peer, group) = (peer(), group())
            room.move(peer, to: group)
            naive.change(peer) { $0.group = group }
        case 9:
            let (one, other) = (peer(), peer())
            guard one != other else { return }
            room.keepApart(one, other)
            naive.keepApart(one, other)
        case 10:
            let open = Set((0..<workers).filter { _ in pick(2) == 0 }.map { UInt16($0) })
            room.setOpen(open)
            naive.setOpen(open)
        default:
            now = now.advanced(byMilliseconds: [0, 500, 1_000, 3_000, 7_000, 20_000][pick(6)])
        }
    }

    mutating func matches() -> (room: [NaiveRoom.Found], naive: [NaiveRoom.Found]) {
        let found = room.matches(at: now)
            .map { match in
                NaiveRoom.Found(
                    first: match.first, second: match.second,
                    move: match.move.map { NaiveRoom.Moving(peers: Set($0.peers), worker: $0.worker) })
            }
        return (found, naive.matches(at: now))
    }
}

@Suite("Whatever happens in a waiting room")
struct RandomHistoryTests {
    @Test("it does what its rules say, and keeps its promises", arguments: 1...60 as ClosedRange<UInt64>)
    func oracle(seed: UInt64) {
        var moves = 0
        var history = History(seed: seed)
        var choice = SplitMix64(seed: seed &+ 1_000)
        for step in 0..<400 {
            history.step()
            guard Int.random(in: 0..<3, using: &choice) > 0 else { continue }
            let before = Dictionary(
                uniqueKeysWithValues: history.naive.entries.map { ($0.seeker.peer, $0.seeker) })
            let (found, expected) = history.matches()
            #expect(found == expected, "seed \(seed), step \(step)")
            moves += found.count { $0.move != nil }

            var met: Set<PeerID> = []
            for match in found {
                #expect(met.insert(match.first).inserted, "nobody is in two matches")
                #expect(met.insert(match.second).inserted, "nobody is in two matches")
                #expect(!history.room.contains(match.first) && !history.room.contains(match.second))
                guard let first = before[match.first], let second = before[match.second] else {
                    Issue.record("a match of somebody who was not there, seed \(seed), step \(step)")
                    continue
                }
                #expect(NaiveRoom.mayMeet(first, second), "seed \(seed), step \(step)")
                #expect((first.worker == second.worker) == (match.move == nil))
            }
            expectNobodyLeft(in: history, "seed \(seed), step \(step)")
            #expect(history.room.count == history.naive.entries.count)
            if let deadline = history.room.deadline { #expect(deadline > history.now) }
        }
        #expect((moves > 0) == (seed % 3 > 0), "a history of several workers moves somebody")
    }

    /// No two are left who may meet and would.
    private func expectNobodyLeft(in history: History, _ comment: Comment) {
        let left = history.naive.entries
        for (index, one) in left.enumerated() {
            for other in left[(index + 1)...] where NaiveRoom.mayMeet(one.seeker, other.seeker) {
                var (first, second) = (one, other)
                first.patience = history.naive.patience(one, at: history.now)
                second.patience = history.naive.patience(other, at: history.now)
                #expect(!history.naive.wouldMeet(first, second), comment)
            }
        }
    }

    @Test("of equals the first to come is the first to be matched", arguments: 1...20 as ClosedRange<UInt64>)
    func firstComeFirstServed(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let kinds: [([String], [String])] = [
            ([], ["en"]), ([], ["de"]), (["go"], ["en"]), (["go", "tea"], []), (["chess"], ["de", "en"]),
        ]
        var room = WaitingRoom(matchWait: 3, avoidRecent: 10)
        var now = MonotonicInstant(nanoseconds: 0)
        var waiting: [[PeerID]] = Array(repeating: [], count: kinds.count)
        for number in 0..<500 {
            let kind = Int.random(in: 0..<kinds.count, using: &generator)
            // Equals never meet here, so that they must queue for others.
            let peer = PeerID("p\(number)")
            let seeker = Seeker(
                peer: peer, interests: kinds[kind].0, languages: kinds[kind].1, group: .unverified,
                identity: "kind \(kind)")
            waiting[kind].append(peer)
            room.enter(seeker, at: now)
            now = now.advanced(byMilliseconds: UInt64.random(in: 0...900, using: &generator))
            guard Bool.random(using: &generator) else { continue }
            let met = Set(room.matches(at: now).flatMap { [$0.first, $0.second] })
            for index in waiting.indices {
                let line = waiting[index]
                let served = line.prefix { met.contains($0) }.count
                #expect(served == line.filter { met.contains($0) }.count, "seed \(seed): \(line)")
                waiting[index].removeFirst(served)
            }
        }
    }
}

@Suite("Ten thousand may wait")
struct ManyPeersTests {
    private let now = MonotonicInstant(nanoseconds: 0)

    private func room() -> WaitingRoom { WaitingRoom(matchWait: 3, avoidRecent: 10) }

    @Test("arrivals one by one cost a few comparisons each")
    func oneByOne() {
        var generator = SplitMix64(seed: 7)
        var room = room()
        var matched = 0
        for index in 0..<10_000 {
            let interests = (0..<Int.random(in: 0...3, using: &generator))
                .map { _ in
                    "topic \(Int.random(in: 0..<Int.random(in: 1...2_000, using: &generator), using: &generator))"
                }
            room.enter(
                Seeker(
                    peer: PeerID("p\(index)"), interests: interests, languages: ["en"],
                    group: index % 3 == 0 ? .unverified : .band(Band("adult"))), at: now)
            matched += room.matches(at: now).count
        }
        #expect(matched > 2_000)
        #expect(room.comparisons < 5 * 10_000)
    }

    @Test("ten thousand at once with one interest are 5,000 pairs")
    func atOnce() {
        var room = room()
        for index in 0..<10_000 {
            room.enter(Seeker(peer: PeerID("p\(index)"), interests: ["go"], group: .unverified), at: now)
        }
        #expect(room.matches(at: now).count == 5_000)
        #expect(room.comparisons < 2 * 10_000)
    }

    @Test("ten thousand loners cost a newcomer nothing, and meet when their patience ends")
    func loners() {
        var room = room()
        for index in 0..<10_000 {
            room.enter(
                Seeker(
                    peer: PeerID("p\(index)"), interests: ["only \(index)"], languages: ["l\(index % 7)"],
                    group: .unverified), at: now)
        }
        #expect(room.matches(at: now).isEmpty)
        let before = room.comparisons
        room.enter(Seeker(peer: PeerID("new"), interests: ["only 77"], group: .unverified), at: now)
        #expect(room.matches(at: now).map(\.first) == [PeerID("p77")])
        #expect(room.comparisons - before < 10)
        #expect(room.deadline == now.advanced(bySeconds: 3))
        #expect(room.matches(at: now.advanced(bySeconds: 3)).count == 4_999)
        #expect(room.comparisons < 5 * 10_000)
        #expect(room.count == 1)
    }
}
