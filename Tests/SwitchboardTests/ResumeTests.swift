import Attestation
import Foundation
import RelayTypes
import Signalling
import Testing

@Suite("A lost connection is resumed within its window (PROTOCOL.md section 2.2)")
struct ResumeTests {
    @Test("resume finds pair, gates and leg as they were")
    func resume() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await first.vanish()
        await stage.advance(seconds: 9)
        let back = try await stage.person(resume: first.welcome.resume)
        #expect(back.welcome.resumed && back.welcome.peer == first.welcome.peer)
        #expect(back.welcome.resume != first.welcome.resume)
        #expect(back.link.sofar(\.matchedPair) == [pair])
        #expect(back.link.all.last?.outbound?.video.isEmpty == true)
        #expect(stage.media.parted == 0)
        await stage.advance(seconds: 60)
        #expect(second.link.sofar(\.partnerLeft).isEmpty, "the old window does not end a resumed peer")
    }

    @Test("unresumed, the partner sees lost when the window is over")
    func lost() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        await first.vanish()
        await stage.advance(seconds: 9)
        #expect(second.link.all.isEmpty)
        await stage.advance(seconds: 1)
        #expect(await second.link.first(\.partnerLeft) == .lost)
        let late = try await stage.person(resume: first.welcome.resume)
        #expect(!late.welcome.resumed && late.welcome.peer != first.welcome.peer)
    }

    @Test("a clean close ends the peer at once")
    func clean() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        await first.close()
        #expect(await second.link.first(\.partnerLeft) == .left)
    }

    @Test("a token works once, and a used or unknown one never touches the peer")
    func once() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        let back = try await stage.person(resume: first.welcome.resume)
        #expect(back.welcome.resumed)
        for token in [first.welcome.resume, "unknown", ""] {
            let thief = try await stage.person(resume: token)
            #expect(!thief.welcome.resumed && thief.welcome.peer != first.welcome.peer)
        }
        #expect(back.link.closed == nil)
        #expect(second.link.all.isEmpty)
    }

    @Test("a valid token takes over at once, and the older WebSocket is closed with 4009")
    func takeover() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let first = try await stage.joined()
        let back = try await stage.person(resume: first.welcome.resume)
        #expect(back.welcome.resumed)
        #expect(first.link.closed == .superseded)
        await first.vanish()
        await stage.advance(seconds: 60)
        let again = try await stage.person(resume: back.welcome.resume)
        #expect(again.welcome.resumed, "the end of the older WebSocket opens no window")
    }

    @Test("a cut, a parting and a message that were missed are told at the resume")
    func missed() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await first.vanish()
        await second.say(.chat(text: "still there?", pair: pair))
        await second.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let back = try await stage.person(resume: first.welcome.resume)
        #expect(back.link.sofar(\.cutReason) == [.policy])
        #expect(
            back.link.sofar { if case .chat(let text, _, _) = $0 { text } else { nil } } == ["still there?"])
        #expect(back.link.sofar(\.matchedPair).isEmpty)
    }

    @Test("nobody is matched with a peer whose connection is lost, and the resume brings the pool back")
    func pool() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let first = try await stage.joined(band: "adult")
        await first.vanish()
        let second = try await stage.joined(band: "adult")
        #expect(second.link.sofar(\.matchedPair).isEmpty)
        let back = try await stage.person(resume: first.welcome.resume)
        #expect(await back.link.first(\.matchedPair) != nil)
    }
}

@Suite("What is out of order gets the error of the contract")
struct OrderOfMessagesTests {
    @Test("join while paired, answer without an offer, next before join, accept and chat without a partner")
    func errors() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let lonely = try await stage.person()
        await lonely.say(.next(pair: nil, block: false), id: .number(1))
        #expect(
            lonely.link.last
                == .init(message: .error(code: .notJoined, message: "join first"), re: .number(1)))
        await lonely.say(.accept(pair: PairID("x")))
        #expect(lonely.link.all.last?.errorCode == .notPaired)
        await lonely.say(.chat(text: "x", pair: nil))
        #expect(lonely.link.all.last?.errorCode == .notPaired)
        await lonely.say(.chat(text: "x", pair: PairID("x")))
        #expect(lonely.link.all.last?.errorCode == .unknownPair)
        await lonely.say(.answer(sdp: Person.answer))
        #expect(lonely.link.all.last?.errorCode == .badMessage)
        let (first, _, _) = try await stage.pair()
        await first.say(.join(JoinRequest()))
        #expect(first.link.all.last?.errorCode == .badMessage)
        await first.say(.accept(pair: PairID("x")))
        #expect(first.link.all.last?.errorCode == .unknownPair)
    }

    @Test("an SDP that is not an answer is bad_sdp, and the offer stays open")
    func badSDP() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.join(JoinRequest()))
        await person.say(.answer(sdp: "v=0\r\n"))
        #expect(person.link.all.last?.errorCode == .badSDP)
        try await person.connectLeg()
    }

    @Test("chat and typing stop at a shut gate")
    func chatGate() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        second.link.forget()
        await first.say(.chat(text: "hello", pair: pair))
        #expect(first.link.all.last?.errorCode == .chatHeld)
        await first.say(.typing(on: true, pair: pair))
        #expect(second.link.all.isEmpty)
    }

    @Test("a nonce of another peer proves nothing")
    func foreignNonce() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let first = try await stage.person()
        let second = try await stage.person()
        let token = try stage.issuer.token(
            nonce: first.welcome.nonce, audience: Stage.audience, band: Band("adult"), now: Date())
        await second.say(.attest(token: token))
        #expect(second.link.all.last?.errorCode == .attestationInvalid)
    }
}
