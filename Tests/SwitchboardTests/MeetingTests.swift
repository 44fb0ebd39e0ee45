import MediaControl
import RelayTypes
import Signalling
import Switchboard
import Testing

@Suite("Two people meet (PROTOCOL.md section 2)")
struct MeetingTests {
    @Test("join is answered queued, then offer; a match needs both legs up")
    func join() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let first = try await stage.person()
        await first.say(.join(JoinRequest()), id: .number(7))
        #expect(first.link.all.compactMap(\.waiting) == [0])
        #expect(first.link.all.last?.offer != nil, "the offer follows queued")
        let second = try await stage.joined()
        #expect(second.link.all.allSatisfy { $0.matchedPair == nil }, "the first leg is not up")
        try await first.connectSecondToLast()
        #expect(await first.link.first(\.matchedPair) != nil)
        #expect(await second.link.first(\.matchedPair) != nil)
    }

    @Test("unverified people are matched, and every gate is held for both ages")
    func unverified() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair()
        for person in [first, second] {
            let gate = try #require(await person.link.first(\.outbound))
            #expect(gate.audio == [.ageSelf, .agePartner])
            #expect(gate.video == [.ageSelf, .agePartner, .consentSelf, .consentPartner])
            #expect(gate.chat == [.ageSelf, .agePartner])
        }
        let gates = try #require(stage.media.gates)
        #expect(!gates[.first, .audio].isEmpty && !gates[.second, .video].isEmpty)
    }

    @Test("self and partner are swapped between the two ends")
    func swapped() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair()
        first.link.forget()
        second.link.forget()
        try await first.attest("adult")
        let one = try #require(await first.link.first(\.outbound))
        let other = try #require(await second.link.first(\.inbound))
        #expect(one.audio == .agePartner)
        #expect(other.audio == .ageSelf)
    }

    @Test("both ages and both acceptances open every gate, on the packet path too")
    func open() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        try await first.attest("adult")
        try await second.attest("adult")
        await first.say(.accept(pair: pair), id: .text("a"))
        #expect(first.link.last?.re == .text("a"))
        #expect(stage.media.gates?[.first, .video] == .consentPartner)
        await second.say(.accept(pair: pair))
        #expect(stage.media.gates == PairGates(all: []))
        #expect(first.link.all.last?.inbound?.video.isEmpty == true)
    }

    @Test("different bands are parted before anything has flowed, and both see a partner who left")
    func bands() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        await first.say(.accept(pair: pair))
        await second.say(.accept(pair: pair))
        try await first.attest("adult")
        try await second.attest("teen")
        #expect(stage.media.parted == 1)
        let opened = stage.media.orders.contains {
            if case .setGates(_, let gates) = $0 { gates[.first, .audio].isEmpty } else { false }
        }
        #expect(!opened)
        // Until the random delay is over nobody can tell.
        await first.say(.chat(text: "hello", pair: pair))
        #expect(first.link.all.last?.errorCode == .chatHeld)
        await stage.advance(seconds: 3)
        #expect(first.link.all.last?.partnerLeft == .left)
        #expect(second.link.all.last?.partnerLeft == .left)
    }

    @Test("an adult and a teen who are both proved are never matched")
    func provedBands() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let adult = try await stage.joined(band: "adult")
        let teen = try await stage.joined(band: "teen")
        await stage.advance(seconds: 60)
        #expect(adult.link.all.allSatisfy { $0.matchedPair == nil })
        #expect(teen.link.all.allSatisfy { $0.matchedPair == nil })
    }

    @Test("a proof lapses after its time, and the gates shut")
    func lapse() async throws {
        let stage = try await Stage { $0.bandLifetime = 100 }
        defer { stage.close() }
        let (first, _, _) = try await stage.openPair()
        await stage.advance(seconds: 99)
        #expect(stage.media.gates == PairGates(all: []))
        await stage.advance(seconds: 1)
        #expect(stage.media.gates?[.first, .audio] == [.ageSelf, .agePartner])
        #expect(first.link.all.last?.outbound?.audio == [.ageSelf, .agePartner])
    }

    @Test("next keeps the leg: no second offer, and the old partner is not met again")
    func next() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let third = try await stage.joined(band: "adult")
        await first.say(.next(pair: pair, block: false), id: .number(1))
        #expect(await second.link.first(\.partnerLeft) == .next)
        #expect(await first.link.first(\.waiting) != nil)
        let nextPair = try #require(await first.link.first(\.matchedPair))
        #expect(nextPair != pair)
        #expect(await third.link.first(\.matchedPair) == nextPair)
        #expect(first.link.sofar(\.offer).isEmpty)
        #expect(stage.media.offered == 3)
        // The one who was left is not queued again without asking.
        #expect(second.link.sofar(\.waiting).isEmpty)
    }

    @Test("next with another pair's name changes nothing")
    func staleNext() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await first.say(.next(pair: PairID("elsewhere"), block: false), id: .number(3))
        #expect(stage.media.parted == 0)
        #expect(first.link.sofar(\.matchedPair) == [pair])
        #expect(second.link.all.isEmpty)
    }

    @Test("text peers meet text peers, without a leg; video peers do not meet them")
    func text() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let video = try await stage.joined(band: "adult")
        let (first, second, pair) = try await stage.pair(bands: "adult", media: .text)
        #expect(stage.media.offered == 1)
        #expect(video.link.sofar(\.matchedPair).isEmpty)
        await first.say(.chat(text: "hello", pair: pair), id: .number(1))
        #expect(first.link.all.last == .chatSent(pair: pair))
        let text = second.link.sofar { if case .chat(let text, _, pair) = $0 { text } else { nil } }
        #expect(text == ["hello"])
    }

    @Test(
        "lobby and refuse match nobody before the proof; refuse offers no leg either",
        arguments: [PolicySummary.Unverified.lobby, .refuse])
    func admission(rule: PolicySummary.Unverified) async throws {
        let stage = try await Stage { $0.policy.unverified = rule }
        defer { stage.close() }
        let first = try await stage.person()
        await first.say(.join(JoinRequest()))
        #expect(first.link.sofar(\.waiting).count == 1)
        #expect(first.link.sofar(\.offer).isEmpty == (rule == .refuse))
        let second = try await stage.joined(band: "adult")
        if rule == .lobby { try await first.connectSecondToLast() }
        await stage.advance(seconds: 30)
        #expect(first.link.sofar(\.matchedPair).isEmpty)
        try await first.attest("adult")
        if rule == .refuse { try await first.connectLeg() }
        #expect(await first.link.first(\.matchedPair) != nil)
        #expect(await second.link.first(\.matchedPair) != nil)
    }

    @Test("an answer that does not lead to connected within 15 s gives leg_failed and leaves the pool")
    func legTimeout() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.join(JoinRequest()))
        await person.say(.answer(sdp: Person.answer), id: .number(5))
        await stage.advance(seconds: 14)
        #expect(person.link.sofar(\.errorCode).isEmpty)
        await stage.advance(seconds: 1)
        #expect(person.link.last?.message.errorCode == .legFailed)
        #expect(person.link.last?.re == .number(5))
        await person.say(.join(JoinRequest()))
        #expect(stage.media.offered == 2, "the next join brings a new offer")
    }

    @Test("a page that closes its media first and its WebSocket second has left, not been lost")
    func goodbye() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        let slot = try #require(stage.media.lastLeg)
        await stage.switchboard.handle(.ended(slot, .closedByBrowser))
        await second.close()
        #expect(await first.link.first(\.partnerLeft) == .left)
        let (third, _, _) = try await stage.openPair()
        await stage.switchboard.handle(.ended(try #require(stage.media.lastLeg), .closedByBrowser))
        #expect(third.link.all.isEmpty)
        await stage.advance(seconds: 1)
        #expect(await third.link.first(\.partnerLeft) == .lost)
    }

    @Test("a lost leg ends the pair with lost, for both")
    func lostLeg() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        let slot = try #require(stage.media.lastLeg)
        stage.media.emit(.ended(slot, .consentExpired))
        #expect(await first.link.first(\.partnerLeft) == .lost)
        #expect(await second.link.first(\.partnerLeft) == .lost)
        #expect(stage.media.parted == 1)
    }
}

extension Person {
    /// As ``connectLeg()``, for the first of two legs.
    func connectSecondToLast() async throws {
        await say(.answer(sdp: Person.answer))
        let slots = stage.media.orders.compactMap { if case .openLeg(let slot, _) = $0 { slot } else { nil } }
        stage.media.emit(.connected(try #require(slots.first)))
        _ = await link.first { $0 == .connected ? true : nil }
    }
}
