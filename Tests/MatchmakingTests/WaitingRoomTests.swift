import Matchmaking
import RelayTypes
import Testing

/// A waiting room under a hand-turned clock.
struct Room {
    var room: WaitingRoom
    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)

    init(matchWait: UInt64 = 3) { room = WaitingRoom(matchWait: matchWait, avoidRecent: 10) }

    mutating func wait(milliseconds: UInt64) { now = now.advanced(byMilliseconds: milliseconds) }

    mutating func enter(
        _ name: String, _ interests: [String] = [], _ languages: [String] = [], media: Seeker.Media = .video,
        group: MatchGroup = .unverified, worker: UInt16 = 0, isFixed: Bool = false,
        avoid: Set<String> = [], identity: String? = nil
    ) {
        let seeker = Seeker(
            peer: PeerID(name), interests: interests, languages: languages, media: media, group: group,
            worker: worker, isFixed: isFixed, avoid: Set(avoid.map { PeerID($0) }), identity: identity)
        room.enter(seeker, at: now)
    }

    /// The pairs that are found, as `first+second`.
    mutating func pairs() -> [String] { room.matches(at: now).map { "\($0.first)+\($0.second)" } }
}

@Suite("Two who must not meet never do")
struct MayMeetTests {
    @Test("other groups and media; other workers while none has room for another leg")
    func halls() {
        var room = Room()
        room.enter("adult", group: .band(Band("adult")))
        room.enter("teen", group: .band(Band("teen")))
        room.enter("unverified", group: .unverified)
        room.enter("text", media: .text)
        room.enter("elsewhere", worker: 1)
        room.wait(milliseconds: 3_600_000)
        #expect(room.pairs() == [])
        #expect(room.room.count == 5)
    }

    @Test("either side's avoid list is enough", arguments: [true, false])
    func avoid(byFirst: Bool) {
        var room = Room()
        room.enter("a", ["go"], avoid: byFirst ? ["b"] : [])
        room.enter("b", ["go"], avoid: byFirst ? [] : ["a"])
        room.wait(milliseconds: 3_600_000)
        #expect(room.pairs() == [])
        room.enter("c")
        #expect(room.pairs() == ["a+c"])
    }

    @Test("one identity never meets itself, and no identity is not an identity")
    func identity() {
        var room = Room()
        room.enter("a", identity: "person")
        room.enter("b", identity: "person")
        #expect(room.pairs() == [])
        room.enter("c")
        room.enter("d")
        #expect(room.pairs() == ["a+c", "b+d"])
    }

    @Test("two who were kept apart while they waited")
    func keptApart() {
        var room = Room()
        room.enter("a", ["x"])
        room.enter("b", ["y"])
        #expect(room.pairs() == [])
        room.room.keepApart(PeerID("b"), PeerID("a"))
        room.room.keepApart(PeerID("a"), PeerID("nobody"))
        room.wait(milliseconds: 60_000)
        #expect(room.pairs() == [])
    }

    @Test("a match is taken out of the room, and who left is not matched")
    func leaving() {
        var room = Room()
        room.enter("a")
        room.enter("b")
        room.room.leave(PeerID("a"))
        #expect(room.pairs() == [])
        room.enter("c")
        #expect(room.pairs() == ["b+c"])
        #expect(room.room.count == 0)
        #expect(!room.room.contains(PeerID("b")))
        room.room.leave(PeerID("b"))
        room.room.update(PeerID("b"), interests: ["x"], languages: [])
        #expect(room.room.count == 0)
    }
}

@Suite("Shared interests first, then languages, then whoever has waited longest")
struct PreferenceTests {
    @Test("more shared interests before fewer, fewer before a language")
    func ranks() {
        var room = Room()
        room.enter("language", ["p"], ["en"])
        room.enter("one", ["a", "q"], ["en"])
        room.enter("two", ["a", "b", "r"])
        // Nobody may meet before the last comes.
        room.room.keepApart(PeerID("one"), PeerID("two"))
        #expect(room.pairs() == [])
        room.enter("me", ["b", "A", "c"], ["en"])
        let found = room.room.matches(at: room.now)
        #expect(
            found == [Match(first: PeerID("two"), second: PeerID("me"), sharedInterests: ["a", "b"])],
            "in the first's order and spelling")
    }

    @Test("a common language before a longer wait; regions and case do not count")
    func languages() {
        var room = Room()
        room.enter("old", [], ["fr"])
        room.enter("talks", ["x"], ["de", "EN-gb"])
        room.room.keepApart(PeerID("old"), PeerID("talks"))
        room.wait(milliseconds: 3_000)
        #expect(room.pairs() == [])
        room.enter("me", [], ["en-US"])
        #expect(room.pairs() == ["talks+me"])
    }

    @Test("a language decides between equally many shared interests")
    func languageSecond() {
        var room = Room()
        room.enter("old", ["go"], ["fr"])
        room.enter("talks", ["go"], ["en"], avoid: ["old"])
        #expect(room.pairs() == [])
        room.enter("me", ["go"], ["en"])
        #expect(room.pairs() == ["talks+me"])
    }

    @Test("the longest waiting among equals")
    func longestWaiting() {
        var room = Room()
        for name in ["a", "b", "c"] { room.enter(name, ["go"], avoid: ["a", "b", "c"]) }
        #expect(room.pairs() == [])
        for name in ["x", "y", "z"] {
            room.enter(name, ["go"])
        }
        #expect(room.pairs() == ["a+x", "b+y", "c+z"])
    }

    @Test(
        "spellings of one interest",
        arguments: [
            ("Star Wars", " star   WARS "), ("ＳＴＡＲ　ＷＡＲＳ", "star wars"), ("café", "CAFE\u{301}"),
            ("straße", "STRASSE"), ("ｶﾞﾝﾀﾞﾑ", "ガンダム"), ("ΟΔΟΣ", "οδος"),
        ])
    func spellings(one: String, other: String) {
        var room = Room()
        room.enter("a", [one, one])
        room.enter("b", [other])
        let found = room.room.matches(at: room.now)
        #expect(found == [Match(first: PeerID("a"), second: PeerID("b"), sharedInterests: [one])])
    }

    @Test("an interest of nothing but space is none")
    func emptyInterest() {
        var room = Room()
        room.enter("a", ["", " \u{3000}"])
        room.enter("b", [" "])
        let found = room.room.matches(at: room.now)
        #expect(found == [Match(first: PeerID("a"), second: PeerID("b"), sharedInterests: [])])
    }
}

@Suite("Interests matter for match_wait, and nobody waits for ever")
struct PatienceTests {
    @Test("without interests there is nothing to wait for")
    func open() {
        var room = Room()
        room.enter("a")
        room.enter("b")
        #expect(room.pairs() == ["a+b"])
    }

    @Test("with interests a stranger to them is met after match_wait, not before")
    func wait() {
        var room = Room()
        room.enter("a", ["go"])
        room.enter("b")
        #expect(room.pairs() == [])
        #expect(room.room.deadline == room.now.advanced(bySeconds: 3))
        room.wait(milliseconds: 2_999)
        #expect(room.pairs() == [])
        room.wait(milliseconds: 1)
        #expect(room.pairs() == ["a+b"])
        #expect(room.room.deadline == nil)
    }

    @Test("both must have waited")
    func bothWait() {
        var room = Room()
        room.enter("a", ["go"])
        room.wait(milliseconds: 2_000)
        room.enter("b", ["chess"])
        #expect(room.pairs() == [])
        room.wait(milliseconds: 1_000)
        #expect(room.pairs() == [], "b still waits for chess")
        #expect(room.room.deadline == room.now.advanced(bySeconds: 2))
        room.wait(milliseconds: 2_000)
        #expect(room.pairs() == ["a+b"])
    }

    @Test("a wait of 0 makes nobody choosy")
    func noWait() {
        var room = Room(matchWait: 0)
        room.enter("a", ["go"])
        room.enter("b", ["chess"])
        #expect(room.pairs() == ["a+b"])
    }

    @Test("the largest wait does not trap")
    func largestWait() {
        var room = Room(matchWait: .max)
        room.enter("a", ["go"])
        room.enter("b", ["chess"])
        room.wait(milliseconds: .max)
        _ = room.pairs()
        #expect(room.room.count <= 2)
    }

    @Test("new interests do not start the wait anew, and an update keeps the place")
    func update() {
        var room = Room()
        room.enter("a", ["go"])
        room.enter("b", ["go"], avoid: ["a"])
        #expect(room.pairs() == [])
        room.wait(milliseconds: 2_000)
        room.room.update(PeerID("a"), interests: ["chess", "x"], languages: ["en"])
        room.enter("c", ["chess"])
        room.enter("d", ["x"])
        #expect(room.pairs() == ["a+c"])
        room.wait(milliseconds: 1_000)
        #expect(room.pairs() == [])
        room.room.update(PeerID("b"), interests: ["y"], languages: [])
        room.enter("e")
        #expect(room.pairs() == ["b+e"], "b has waited 3 s in all")
    }

    @Test("a move to another group keeps the place")
    func move() {
        var room = Room()
        room.enter("a")
        room.enter("b", group: .band(Band("adult")), avoid: ["a"])
        #expect(room.pairs() == [])
        room.room.move(PeerID("a"), to: .band(Band("adult")))
        room.enter("c", group: .band(Band("adult")))
        #expect(room.pairs() == ["a+c"])
    }

    @Test("who enters again is last")
    func again() {
        var room = Room()
        room.enter("a")
        room.enter("b", avoid: ["a"])
        #expect(room.pairs() == [])
        room.enter("a")
        room.enter("c")
        #expect(room.pairs() == ["b+c"])
        #expect(room.room.count == 1)
    }

    @Test("somebody whom only choosy newcomers could meet is overdue after 12 s, and gets the next")
    func overdue() {
        var room = Room()
        room.enter("patient")
        var metAt: Int?
        for second in 0..<20 where metAt == nil {
            // Each newcomer is met by the one after it, within match_wait: nobody ever becomes open.
            room.enter("n\(second)", ["go"])
            let pairs = room.pairs()
            if pairs.contains(where: { $0.hasPrefix("patient+") }) { metAt = second }
            room.wait(milliseconds: 1_000)
        }
        #expect(metAt == 12)
    }

    @Test("an overdue peer is met before one with shared interests")
    func overdueFirst() {
        var room = Room()
        room.enter("old")
        #expect(room.pairs() == [])
        room.wait(milliseconds: 12_000)
        #expect(room.pairs() == [])
        room.enter("fan", ["go"], avoid: ["old"])
        #expect(room.pairs() == [])
        room.enter("new", ["go"])
        #expect(room.pairs() == ["old+new"])
    }

    @Test("the deadline asks to be called at once after a change")
    func changed() {
        var room = Room()
        #expect(room.room.deadline == nil)
        room.enter("a")
        #expect((room.room.deadline ?? .never) <= room.now)
    }
}

@Suite("Two on different workers")
struct MovingTests {
    /// What the next match says of a move, as `who,who>worker`.
    private func moves(_ room: inout Room) -> [String] {
        room.room.matches(at: room.now)
            .map { match in
                guard let move = match.move else { return "-" }
                return move.peers.map(\.text).joined(separator: ",") + ">\(move.worker)"
            }
    }

    @Test("meet when one has waited for match_wait, and the one on the higher worker is moved")
    func onlyPartner() {
        var room = Room()
        room.room.setOpen([0, 1])
        room.enter("a")
        room.enter("b", worker: 1)
        #expect(moves(&room) == [])
        room.wait(milliseconds: 2_999)
        #expect(moves(&room) == [])
        #expect(room.room.deadline == room.now.advanced(byMilliseconds: 1))
        room.wait(milliseconds: 1)
        #expect(moves(&room) == ["b>0"])
        #expect(room.room.count == 0)
    }

    @Test("meet at once when one has waited already")
    func newcomer() {
        var room = Room()
        room.room.setOpen([0, 1])
        room.enter("a", worker: 1)
        room.wait(milliseconds: 5_000)
        #expect(moves(&room) == [])
        room.enter("b")
        #expect(moves(&room) == ["a>0"])
    }

    @Test("meet for a shared interest, though somebody else waits nearer")
    func betterPartner() {
        var room = Room()
        room.room.setOpen([0, 1])
        room.enter("chess", ["chess"])
        room.enter("tea", ["tea"])
        room.enter("far", ["chess"], worker: 1)
        #expect(moves(&room) == [])
        room.wait(milliseconds: 3_000)
        #expect(room.room.matches(at: room.now).map(\.sharedInterests) == [["chess"]])
        #expect(room.room.contains(PeerID("tea")))
    }

    @Test("do not meet where one who is as good waits nearer")
    func nearer() {
        var room = Room()
        room.room.setOpen([0, 1])
        room.enter("far", worker: 1)
        room.wait(milliseconds: 5_000)
        room.enter("near", avoid: ["far"])
        #expect(moves(&room) == [])
        room.enter("new")
        #expect(room.pairs() == ["near+new"])
    }

    @Test(
        "the least is moved, to where there is room",
        arguments: [
            ([1], [], "a>1"), ([0], [], "b>0"), ([2], [], "a,b>2"), ([0, 1], ["b"], "a>1"),
            ([0, 1, 2], ["a"], "b>0"),
        ] as [(Set<UInt16>, Set<String>, String)])
    func whoMoves(open: Set<UInt16>, fixed: Set<String>, expected: String) {
        var room = Room()
        room.room.setOpen(open)
        room.enter("a", isFixed: fixed.contains("a"))
        room.enter("b", worker: 1, isFixed: fixed.contains("b"))
        room.wait(milliseconds: 3_000)
        #expect(moves(&room) == [expected])
    }

    @Test(
        "do not meet where nobody can be moved, and do as soon as there is room",
        arguments: [([], []), ([2], ["a"]), ([1], ["a"])] as [(Set<UInt16>, Set<String>)])
    func noWay(open: Set<UInt16>, fixed: Set<String>) {
        var room = Room()
        room.room.setOpen(open)
        room.enter("a", isFixed: fixed.contains("a"))
        room.enter("b", worker: 1)
        room.wait(milliseconds: 60_000)
        #expect(moves(&room) == [])
        #expect(room.room.deadline == nil)
        room.room.setOpen([0])
        #expect(moves(&room) == ["b>0"])
    }

    @Test("who comes back with the time waited before roams at once")
    func back() {
        var room = Room()
        room.room.setOpen([0, 1])
        let before = room.now
        room.wait(milliseconds: 4_000)
        room.room.enter(Seeker(peer: PeerID("a"), group: .unverified), at: before)
        room.enter("b", worker: 1)
        #expect(moves(&room) == ["b>0"])
    }
}

@Suite("A peer's memory of partners")
struct PartnerMemoryTests {
    @Test("keeps the latest ten, and the blocked for good")
    func memory() {
        var memory = WaitingRoom(matchWait: 3, avoidRecent: 10).partnerMemory()
        memory.block(PeerID("b"))
        for index in 0..<12 { memory.met(PeerID("\(index)")) }
        memory.met(PeerID("5"))
        let expected = Set((2..<12).map { PeerID("\($0)") } + [PeerID("b")])
        #expect(memory.avoid == expected)
        memory.met(PeerID("x"))
        #expect(!memory.avoid.contains(PeerID("2")))
        #expect(memory.avoid.contains(PeerID("5")), "meeting again renews")
    }

    @Test("of nothing is possible", arguments: [0, -1])
    func nothing(capacity: Int) {
        var memory = PartnerMemory(recent: capacity)
        memory.met(PeerID("a"))
        #expect(memory.avoid.isEmpty)
    }
}
