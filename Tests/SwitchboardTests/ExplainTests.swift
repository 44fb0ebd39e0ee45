import Attestation
import Foundation
import MediaControl
import RelayTypes
import Signalling
import Testing

@testable import Switchboard

@Suite("explain says why A sees B, or does not")
struct ExplainTests {
    private func verdicts(_ stage: Stage, _ pair: PairID, _ channel: String = "video") async throws
        -> [String]
    {
        let told = try #require(await stage.switchboard.explain(pair))
        return told.verdict.filter { $0.channel == channel || $0.channel == nil }.map(\.text)
    }

    private func lines(_ stage: Stage, _ pair: PairID) async throws -> [String] {
        try #require(await stage.switchboard.explain(pair)).lines.map(\.text)
    }

    @Test("ages and consent that are missing are named, with whose they are")
    func held() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.pair()
        let before = try await verdicts(stage, pair)
        #expect(
            before.first == "B does not see A: A has not proved an age; B has not proved an age; "
                + "A has not agreed yet; B has not agreed yet.")
        try await first.attest("adult")
        await first.say(.accept(pair: pair))
        #expect(
            try await verdicts(stage, pair).first
                == "B does not see A: B has not proved an age; B has not agreed yet.")
        #expect(
            try await verdicts(stage, pair, "audio").first == "B does not hear A: B has not proved an age.")
        let told = try await lines(stage, pair)
        #expect(told.contains { $0.hasPrefix("A proved its age: adult, says ") })
        #expect(told.contains("A agreed to see and be seen"))
        #expect(told.contains { $0.hasPrefix("because A agreed: A to B: video no longer by consent_self") })
        #expect(told.contains("A's media path is up: ICE found a way, and DTLS is done"))
        #expect(told.contains("A and B were matched, with video"))
    }

    @Test("an open gate without packets is told apart from one that packets go through")
    func open() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        #expect(
            try await verdicts(stage, pair).first
                == "B may see A: the gate is open, but no packet of A has come through yet.")
        #expect(
            try await verdicts(stage, pair, "chat").first == "B may read what A writes: the gate is open.")
        var tally = PairTally()
        tally.first.forwardedPackets = 12
        tally.first.lastForwardedAt = stage.media.now
        tally.second.dropped = [.partnerNotReady: 3]
        stage.media.setTally(tally)
        let told = try #require(await stage.switchboard.explain(pair))
        #expect(
            told.verdict.first { $0.channel == "video" }?.text
                == "B sees A: the gate is open and 12 packets of A have gone through (sound and picture together)."
        )
        #expect(
            told.verdict.last { $0.channel == "video" }?.text
                == "A may see B: the gate is open, but no packet of B has come through yet; "
                + "3 were dropped as partner_not_ready.")
        #expect(told.packets.map(\.forwarded.packets) == [12, 0])
        #expect(told.packets.last?.dropped == ["partner_not_ready": 3])
        stage.media.advance(seconds: 9)
        #expect(
            try await verdicts(stage, pair).first?.hasSuffix("but none for 9 s: A sends nothing.") == true)
    }

    @Test("the first packet of each side is noted, as the worker tells it")
    func firstPacket() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let queue = try #require(await stage.switchboard.subscribe(to: EventFilter(kinds: ["first_packet"])))
        let slot = try #require(stage.media.lastPair)
        await stage.switchboard.handle(.started(slot, from: .first, at: stage.media.now))
        #expect(await queue.take()?.count == 1)
        #expect(
            try await lines(stage, pair).filter { $0.contains("first packet") }
                == ["the first packet of A went on to B"])
    }

    @Test("an operator's hold names the operator and the reason, and its release is told")
    func moderator() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.openPair()
        let maria = try #require(Operator("maria"))
        _ = try await stage.switchboard.order(
            OperatorOrder(
                action: .hold, pair: pair, reason: "I look", from: first.welcome.peer, channel: .video),
            by: maria)
        #expect(
            try await verdicts(stage, pair).first == "B does not see A: operator maria holds it (I look).")
        _ = try await stage.switchboard.order(
            OperatorOrder(action: .release, pair: pair, reason: "fine"), by: maria)
        let told = try await lines(stage, pair)
        #expect(told.contains("operator maria ordered hold what A sends (video): I look"))
        #expect(told.contains("by order of maria: A to B: video held by moderator"))
        #expect(told.contains("operator maria ordered release: fine"))
    }

    @Test("a report is told with who, about whom and why, and explains the end; the comment is nowhere")
    func report() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await second.say(.report(ReportRequest(reason: "threat", comment: "a secret comment", pair: pair)))
        _ = try #require(await second.link.first(\.reportID))
        let told = try #require(await stage.switchboard.explain(pair))
        #expect(told.state == "ended")
        #expect(told.verdict.map(\.text) == ["Neither sees the other any more: B reported A."])
        let texts = told.lines.map(\.text)
        #expect(texts.contains { $0.hasPrefix("B reported A for 'threat' (") })
        let order = ["reported", "pair_ended", "cut_in_force"]
            .map { name in
                told.lines.firstIndex { $0.event == name }
            }
        #expect(order.compactMap { $0 }.sorted() == order.compactMap { $0 } && !order.contains(nil))
        #expect(!texts.joined().contains("secret"))
        let peer = try #require(await stage.switchboard.explain(first.welcome.peer))
        #expect(
            peer.lines.contains { $0.text.hasPrefix("\(second.welcome.peer) reported the peer for 'threat'") }
        )
        #expect(
            peer.verdict.map(\.text) == [
                "The peer sees nobody: its last pair is over, and it has not asked for the next partner."
            ])
    }

    @Test("an attestation that was refused is told with the issuer and the error, never with the token")
    func refused() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        let token = try stage.issuer.token(
            nonce: "somebody else's", audience: Stage.audience, band: Band("adult"), now: Date())
        await person.say(.attest(token: token))
        await person.say(.attest(token: "rubbish"))
        let told = try #require(await stage.switchboard.explain(person.welcome.peer))
        let texts = told.lines.map(\.text)
        #expect(
            texts.contains {
                $0.hasPrefix("the peer's age attestation of ")
                    && $0.hasSuffix(
                        "was refused (attestation_invalid): nonce is not this peer's current nonce")
            }, "\(texts)")
        #expect(
            texts.contains(
                "the peer's age attestation was refused (attestation_invalid): "
                    + "the token is not header.payload.signature"))
        #expect(!texts.joined().contains("rubbish") && !texts.joined().contains(token))
    }

    @Test(
        "how far a media path had come that was not up in time",
        arguments: [LegSnapshot.State.waiting, .checked, .handshaking])
    func timeout(state: LegSnapshot.State) async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.join(JoinRequest()))
        #expect(try await standing(stage, person).hasSuffix("its browser has not answered the offer yet."))
        await person.say(.answer(sdp: Person.answer))
        #expect(try await standing(stage, person).hasSuffix("its media path is not up yet (ICE or DTLS)."))
        stage.media.setLegState(state)
        let queue = try #require(await stage.switchboard.subscribe(to: EventFilter(kinds: ["leg_ended"])))
        async let ended = queue.take()
        await stage.advance(seconds: 16)
        #expect(await ended?.count == 1)
        let wanted =
            switch state {
            case .waiting: "no ICE check has arrived at all"
            case .checked: "ICE found a way, but DTLS never began"
            default: "DTLS began, but did not finish in time"
            }
        let told = try #require(await stage.switchboard.explain(person.welcome.peer))
        #expect(told.lines.contains { $0.text.contains(wanted) }, "\(told.lines.map(\.text))")
    }

    private func standing(_ stage: Stage, _ person: Person) async throws -> String {
        try #require(await stage.switchboard.explain(person.welcome.peer)?.verdict.first?.text)
    }

    @Test("somebody without a partner is told from one who has not asked, waits, is away, or gone")
    func alone() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        #expect(try await standing(stage, person).hasSuffix("it has not asked for a partner yet."))
        await person.say(.join(JoinRequest(media: .text)))
        #expect(try await standing(stage, person).hasSuffix("it waits, and nobody else does."))
        await person.vanish()
        #expect(
            try await standing(stage, person).hasSuffix("its connection is lost, and it may still resume."))
        await stage.advance(seconds: 11)
        #expect(try await standing(stage, person).contains("it is not here any more"))
        #expect(await stage.switchboard.explain(PeerID("nobody")) == nil)
        #expect(await stage.switchboard.explain(PairID("nobody")) == nil)
    }

    @Test("with a lobby, somebody who has not proved an age is told to be waiting for that")
    func lobby() async throws {
        let stage = try await Stage { $0.policy.unverified = .lobby }
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.join(JoinRequest(media: .text)))
        #expect(try await standing(stage, person).hasSuffix("it must prove its age before it is matched."))
    }

    @Test("different bands, a lost path and a worker that is stuck each explain the end")
    func ends() async throws {
        let stage = try await Stage(workers: 1)
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        try await first.attest("adult")
        try await second.attest("teen")
        #expect(
            try await verdicts(stage, pair) == [
                "Neither sees the other any more: the two have proved different age bands."
            ])

        let other = try await Stage()
        defer { other.close() }
        let (_, _, lost) = try await other.pair()
        other.media.emit(.ended(try #require(other.media.lastLeg), .consentExpired))
        let queue = try #require(await other.switchboard.subscribe(to: EventFilter(pair: lost)))
        if try await lines(other, lost).allSatisfy({ !$0.hasPrefix("the pair ended") }) {
            _ = await queue.take()
        }
        #expect(
            try await verdicts(other, lost).first?.contains("connection or media path of") == true)
        #expect(
            try await lines(other, lost)
                .contains { $0.contains("nothing was heard of the browser for the consent time") })
    }

    @Test("a pair that ended is explained for 24 h, and no longer")
    func day() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.openPair()
        await first.say(.next(pair: pair, block: false))
        stage.media.advance(seconds: 86_000)
        await stage.switchboard.tick()
        #expect(
            try await verdicts(stage, pair) == [
                "Neither sees the other any more: A went on to the next partner."
            ])
        stage.media.advance(seconds: 500)
        await stage.switchboard.tick()
        #expect(await stage.switchboard.explain(pair) == nil)
    }
}

@Suite("Peers, as operators see them")
struct PeerListTests {
    @Test("page by page, oldest first, by state; one of them with everything")
    func list() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        var people: [PeerID] = []
        for _ in 0..<3 {
            people.append(try await stage.person(from: "192.0.2.77").welcome.peer)
            stage.media.advance(milliseconds: 5)
        }
        let waiting = try await stage.joined(band: "adult")
        people.append(waiting.welcome.peer)
        var seen: [PeerID] = []
        var cursor: String?
        repeat {
            let page = await stage.switchboard.peers(nil, limit: 3, cursor: cursor)
            seen += page.peers.map(\.peer)
            cursor = page.cursor
        } while cursor != nil
        #expect(seen == people)
        #expect(
            await stage.switchboard.peers(.waiting, limit: 9, cursor: nil).peers.map(\.peer) == [people[3]])
        #expect(await stage.switchboard.peers(.idle, limit: 9, cursor: nil).peers.count == 3)
        let one = try #require(await stage.switchboard.peer(people[3]))
        #expect(one.state == .waiting && one.band == Band("adult") && one.bandExpires != nil)
        #expect(one.leg?.state == "connected" && one.leg?.path?.address == "192.0.2.0")
        #expect(await stage.switchboard.peer(people[0])?.address == "192.0.2.0", "shortened")
        await waiting.close()
        #expect(await stage.switchboard.peer(people[3])?.state == .ended)
        #expect(await stage.switchboard.peer(PeerID("nobody")) == nil)
    }

    @Test("the overview has totals and the pairs, from one order to each worker")
    func overview() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        let view = await stage.switchboard.overview(limit: 10)
        #expect(view.pairs == 1 && view.peers == 2)
        #expect(view.list.map(\.pair) == [pair])
        #expect(view.list.first?.open == 6 && view.list.first?.packets == 3 && view.list.first?.bytes == 300)
        #expect(stage.media.count { if case .survey = $0 { true } else { false } } == 1)
        #expect(await stage.switchboard.overview(limit: 0).list.isEmpty)
    }
}
