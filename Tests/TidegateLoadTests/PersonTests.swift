import LoadEngine
import Testing

@testable import tidegate_load

/// A person, and the deeds since the last look.
private struct Stage {
    var person: Person
    var deeds: [Deed] = []
    var now: UInt64 = 1

    init(_ kind: Kind, _ circumstances: Person.Circumstances = Person.Circumstances(), seed: UInt64 = 1) {
        person = Person(number: 3, kind: kind, circumstances: circumstances, seed: seed)
    }

    mutating func tell(_ input: PersonInput) {
        now += 1_000_000
        deeds = person.handle(input, at: now)
    }

    mutating func hear(_ type: String, _ change: (inout ServerWord) -> Void = { _ in }) {
        var word = ServerWord(type: type)
        change(&word)
        tell(.word(word))
    }

    mutating func refuse(_ code: String, re: String? = nil) {
        hear("error") {
            $0.code = code
            $0.re = re
        }
    }

    mutating func comeIn(resumed: Bool = false) {
        tell(.begin)
        tell(.opened)
        welcome(resumed: resumed)
    }

    mutating func welcome(resumed: Bool = false, token: String = "r1") {
        hear("welcome") {
            ($0.peer, $0.resume, $0.resumed, $0.nonce) = ("peer", token, resumed, "n")
        }
    }

    /// Up to a pair that has been accepted.
    mutating func pairUp(_ pair: String = "p") {
        comeIn()
        if person.kind.provesAtOnce { hear("age") }
        hear("connected")
        meet(pair)
    }

    mutating func meet(_ pair: String) {
        hear("matched") { $0.pair = pair }
        tell(.met(pair: pair))
        tell(.alarm(.accept(pair: pair)))
    }

    func did(_ matches: (Deed) -> Bool) -> Bool { deeds.contains(where: matches) }
    func did(_ deed: Deed) -> Bool { deeds.contains(deed) }
    var alarms: [Alarm] { deeds.compactMap { if case .wake(_, let alarm) = $0 { alarm } else { nil } } }
}

@Suite("What the simulated people do")
struct PersonTests {
    @Test("one who stays proves an age, joins, sends, and accepts only when both are known")
    func stays() {
        var stage = Stage(.stays)
        stage.tell(.begin)
        #expect(stage.deeds == [.connect])
        stage.tell(.opened)
        #expect(stage.did(.say("{\"type\":\"hello\",\"version\":1}")))
        stage.welcome()
        #expect(stage.did(.attest(nil, .ours)) && !stage.did(.join))
        stage.hear("age")
        #expect(stage.did(.join))
        stage.hear("connected")
        #expect(stage.did { if case .media(.send(true)) = $0 { true } else { false } })
        stage.hear("matched") { $0.pair = "p" }
        #expect(stage.did(.note(.matched(pair: "p"))) && stage.alarms.isEmpty)
        stage.tell(.met(pair: "p"))
        #expect(stage.deeds.first == .enter(pair: "p"), "its media names the pair before it accepts")
        #expect(stage.alarms == [.accept(pair: "p")])
        stage.tell(.alarm(.accept(pair: "p")))
        #expect(stage.deeds == [.accept(pair: "p")], "and it does nothing to the partner")
    }

    @Test("one who says next does so, and what was arranged for the old partner is forgotten")
    func next() {
        var stage = Stage(.next)
        stage.pairUp()
        #expect(stage.alarms == [.act(pair: "p")])
        stage.tell(.alarm(.act(pair: "p")))
        #expect(stage.did(.next(pair: "p")))
        stage.hear("queued") { $0.re = "next-1" }
        #expect(stage.deeds == [.note(.over(pair: "p")), .enter(pair: nil)])
        stage.tell(.alarm(.act(pair: "p")))
        #expect(stage.deeds.isEmpty)
    }

    @Test("whoever is left by a partner looks for another")
    func left() {
        var stage = Stage(.stays)
        stage.pairUp()
        stage.hear("partner_left") { ($0.pair, $0.why) = ("p", "next") }
        #expect(stage.did(.note(.over(pair: "p"))))
        guard let alarm = stage.alarms.first else {
            Issue.record("nothing follows")
            return
        }
        stage.tell(.alarm(alarm))
        #expect(stage.did(.next(pair: nil)))
    }

    @Test("a cut is told apart from a leaving", arguments: ["partner_left", "cut"])
    func cut(word: String) {
        var stage = Stage(.stays)
        stage.pairUp()
        stage.hear(word) { ($0.pair, $0.why) = ("p", word == "cut" ? "policy" : "cut") }
        #expect(stage.did(.note(.over(pair: "p"))))
    }

    @Test(
        "a cheat shows its token first; that it is refused is what is wanted, and that it is taken is a breach",
        arguments: [Kind.foreignNonce, .expiredToken, .forgedToken, .replayedToken])
    func cheats(kind: Kind) throws {
        var stage = Stage(kind)
        stage.comeIn()
        #expect(stage.did(.note(.tried(kind))) && stage.did(.attest(kind.cheat, .ours)))
        var other = stage
        stage.refuse("attestation_invalid")
        #expect(stage.did(.note(.refused(kind))) && stage.did(.join), "it joins unproved")
        other.hear("age")
        #expect(other.did { if case .note(.gotThrough(kind, _)) = $0 { true } else { false } })
    }

    @Test("a cheat that this issuer cannot make is not tried")
    func impossible() {
        var circumstances = Person.Circumstances()
        circumstances.impossible = [.expiredToken]
        var stage = Stage(.expiredToken, circumstances)
        stage.comeIn()
        #expect(stage.did(.join) && !stage.did(.note(.tried(.expiredToken))))
    }

    @Test("one who proves late does so once there is a partner")
    func late() {
        var stage = Stage(.late)
        stage.comeIn()
        #expect(stage.did(.join))
        stage.hear("connected")
        stage.meet("p")
        #expect(stage.alarms.contains(.prove))
        stage.tell(.alarm(.prove))
        #expect(stage.deeds == [.attest(nil, .ours)])
        stage.tell(.alarm(.prove))
        #expect(stage.deeds.isEmpty, "once")
    }

    @Test("one who loses its WebSocket resumes, and accepts what it may have missed")
    func resumes() {
        var stage = Stage(.losesSocket)
        stage.pairUp()
        stage.tell(.alarm(.act(pair: "p")))
        #expect(stage.did(.abort))
        stage.tell(.closed(nil))
        #expect(stage.deeds.isEmpty, "its own doing")
        stage.tell(.alarm(.connect(turn: stage.person.turn)))
        stage.tell(.opened)
        #expect(stage.did(.say("{\"type\":\"hello\",\"version\":1,\"resume\":\"r1\"}")))
        stage.welcome(resumed: true, token: "r2")
        #expect(stage.did(.note(.counted(.resumed))) && stage.alarms == [.accept(pair: "p")])
        #expect(!stage.did(.note(.began(life: 2))))
    }

    @Test("one whom the server has forgotten begins a new life")
    func restart() {
        var stage = Stage(.stays)
        stage.pairUp()
        stage.tell(.closed(1012))
        #expect(stage.did(.note(.counted(.connectionsLost))))
        stage.tell(.alarm(.connect(turn: stage.person.turn)))
        stage.tell(.unreachable("refused"))
        #expect(stage.alarms == [.connect(turn: stage.person.turn)], "it tries again")
        stage.tell(.alarm(.connect(turn: stage.person.turn)))
        stage.tell(.opened)
        stage.welcome(resumed: false, token: "r2")
        #expect(stage.did(.note(.counted(.cameBackAsNew))) && stage.did(.note(.began(life: 2))))
        #expect(stage.did(.attest(nil, .ours)), "the proof has ended with the peer")
    }

    @Test("a stolen token that resumes somebody is a breach, one that does not is refused")
    func thief() {
        for isBreach in [false, true] {
            var stage = Stage(.resumeThief)
            stage.pairUp()
            stage.tell(.alarm(.act(pair: "p")))
            #expect(stage.deeds == [.stealToken])
            stage.tell(.stolen("used"))
            #expect(stage.did(.note(.tried(.resumeThief))) && stage.did(.hangUp(1000)))
            stage.tell(.closed(1000))
            stage.tell(.alarm(.connect(turn: stage.person.turn)))
            stage.tell(.opened)
            #expect(stage.did(.say("{\"type\":\"hello\",\"version\":1,\"resume\":\"used\"}")))
            stage.welcome(resumed: isBreach, token: "r2")
            #expect(stage.did(.note(.refused(.resumeThief))) == !isBreach)
            #expect(
                stage.did { if case .note(.gotThrough(.resumeThief, _)) = $0 { true } else { false } }
                    == isBreach)
        }
    }

    @Test("one who is banned comes back twice, with the token and without, and then gives up")
    func banned() {
        var circumstances = Person.Circumstances()
        circumstances.hasBans = true
        var stage = Stage(.banned, circumstances)
        stage.pairUp()
        stage.tell(.alarm(.act(pair: "p")))
        #expect(stage.deeds == [.askForBan(peer: "peer")])
        stage.tell(.banned(true))
        stage.tell(.closed(4003))
        for hello in [
            "{\"type\":\"hello\",\"version\":1,\"resume\":\"r1\"}", "{\"type\":\"hello\",\"version\":1}",
        ] {
            #expect(stage.did(.note(.tried(.banned))))
            stage.tell(.alarm(.connect(turn: stage.person.turn)))
            stage.tell(.opened)
            #expect(stage.did(.say(hello)))
            stage.hear("banned")
            stage.tell(.closed(4003))
            #expect(stage.did(.note(.refused(.banned))))
        }
        #expect(stage.person.phase == .gone && stage.alarms.isEmpty)
    }

    @Test("a banned person who is welcomed is a breach")
    func welcomedThoughBanned() {
        var circumstances = Person.Circumstances()
        circumstances.hasBans = true
        var stage = Stage(.banned, circumstances)
        stage.pairUp()
        stage.tell(.alarm(.act(pair: "p")))
        stage.tell(.closed(4003))
        stage.tell(.alarm(.connect(turn: stage.person.turn)))
        stage.tell(.opened)
        stage.welcome(token: "r2")
        #expect(stage.did { if case .note(.gotThrough(.banned, _)) = $0 { true } else { false } })
    }

    @Test("where sound may flow before the accepts, media pauses between partners")
    func pauses() {
        var circumstances = Person.Circumstances()
        circumstances.pausesBetweenPartners = true
        var stage = Stage(.next, circumstances)
        func sends(_ on: Bool) -> Bool {
            stage.did { if case .media(.send(on)) = $0 { true } else { false } }
        }
        stage.comeIn()
        stage.hear("age")
        stage.hear("connected")
        #expect(!sends(true))
        stage.hear("matched") { $0.pair = "p" }
        stage.tell(.met(pair: "p"))
        #expect(sends(true) && stage.deeds.first == .enter(pair: "p"))
        stage.tell(.alarm(.act(pair: "p")))
        #expect(sends(false) && !stage.did(.next(pair: "p")), "it falls silent first")
        stage.tell(.alarm(.act(pair: "p")))
        #expect(stage.did(.next(pair: "p")))
    }

    @Test("a word that the server dropped is said again")
    func dropped() {
        var stage = Stage(.flood)
        stage.pairUp()
        stage.hear("partner_left") { ($0.pair, $0.why) = ("p", "next") }
        stage.tell(.alarm(stage.alarms.first ?? .prove))
        #expect(stage.did(.next(pair: nil)))
        stage.refuse("rate_limited", re: "next-9")
        #expect(stage.alarms == [.rejoin(turn: stage.person.turn)])
    }

    @Test("the same seed and the same words give the same deeds", arguments: Kind.allCases)
    func sameSeed(kind: Kind) {
        func script(_ seed: UInt64) -> [Deed] {
            var stage = Stage(kind, seed: seed)
            stage.pairUp()
            var all = stage.deeds
            for _ in 0..<20 {
                stage.tell(.alarm(.act(pair: "p")))
                all += stage.deeds
                stage.hear("partner_left") { ($0.pair, $0.why) = ("p", "next") }
                all += stage.deeds
                stage.meet("p")
                all += stage.deeds
            }
            return all
        }
        #expect(script(7) == script(7))
        #expect(script(7) != script(8))
    }

    @Test("whatever the server says, nobody falls over", arguments: 1...20 as ClosedRange<UInt64>)
    func anything(seed: UInt64) {
        let types = [
            "welcome", "age", "offer", "connected", "queued", "matched", "gate", "chat", "partner_left",
            "cut",
            "report_received", "banned", "error", "nonsense",
        ]
        for kind in Kind.allCases {
            var stage = Stage(kind, seed: seed)
            var random = stage.person.random
            stage.comeIn()
            for _ in 0..<200 {
                switch Int.random(in: 0...5, using: &random) {
                case 0:
                    stage.tell(
                        .closed(
                            [nil, 1000, 1012, 4000, 4003, 4009, 4029].randomElement(using: &random) ?? nil))
                case 1: stage.tell(.alarm(.connect(turn: stage.person.turn)))
                case 2: stage.tell(.opened)
                case 3: stage.tell(.alarm(.act(pair: stage.person.pair ?? "q")))
                default:
                    let type = types.randomElement(using: &random) ?? "gate"
                    let pair = Bool.random(using: &random) ? stage.person.pair : "other"
                    stage.hear(type) {
                        ($0.pair, $0.resume, $0.resumed) = (pair, "r", Bool.random(using: &random))
                    }
                }
            }
            #expect(stage.person.failures >= 0)
        }
    }
}
