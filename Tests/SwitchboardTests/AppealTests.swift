import Foundation
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("An appeal") struct AppealTests {
    /// Somebody who is banned, with the decision and the ban.
    private func banned(_ stage: Stage) async throws -> (Person, BanReport) {
        let person = try await stage.person(from: "192.0.2.1")
        let ban = try await stage.switchboard.ban(
            BanOrder(peer: person.welcome.peer, reason: "rule 3", facts: "what happened"))
        return (person, ban)
    }

    /// Says it first on a connection of its own, as somebody who is banned must.
    private func appeal(
        _ stage: Stage, _ decision: String, _ comment: String = "it was not me",
        from address: String = "192.0.2.1"
    ) async -> RecordingLink {
        let link = RecordingLink()
        let connection = await stage.switchboard.connect(link, address: address)
        await stage.switchboard.receive(
            ClientFrame(.appeal(decision: decision, comment: comment), id: .number(1)), from: connection)
        return link
    }

    @Test("is taken from somebody who is banned, answered, and hung up on") func banned() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, ban) = try await banned(stage)
        let link = await appeal(stage, ban.decision.text)
        #expect(link.last == .init(message: .appealReceived(decision: ban.decision.text), re: .number(1)))
        #expect(link.closed == .normal)
        let stored = try #require(try await stage.store.appeals(.open, limit: 10).first)
        #expect(stored.text == "it was not me" && stored.decision == ban.decision)
        #expect(await stage.switchboard.metrics().appealsReceived == 1)
    }

    @Test("is taken once; the same words again are an answer that got lost") func once() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, ban) = try await banned(stage)
        _ = await appeal(stage, ban.decision.text)
        #expect(await appeal(stage, ban.decision.text).all.last?.appealed == ban.decision.text)
        #expect(
            await appeal(stage, ban.decision.text, "and another thing").all.last?.errorCode == .rateLimited)
        #expect(try await stage.store.appeals(.all, limit: 10).count == 1)
    }

    @Test("is refused without words, or against what is no decision") func refused() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, ban) = try await banned(stage)
        #expect(await appeal(stage, ban.decision.text, " \n").all.last?.errorCode == .badMessage)
        #expect(await appeal(stage, "nothing").all.last?.errorCode == .unknownDecision)
        #expect(try await stage.store.appeals(.all, limit: 10).isEmpty)
    }

    @Test("can be made for at least six months, and no longer than configured") func window() async throws {
        let clock = HandDate()
        let stage = try await Stage { $0.wallClock = { clock.now } }
        defer { stage.close() }
        let (_, first) = try await banned(stage)
        let other = try await stage.person(from: "192.0.2.2")
        let second = try await stage.switchboard.ban(
            BanOrder(peer: other.welcome.peer, reason: "rule 3", facts: "what happened"))
        clock.advance(183 * 86_400)
        #expect(await appeal(stage, first.decision.text).all.last?.appealed == first.decision.text)
        clock.advance(1)
        #expect(await appeal(stage, second.decision.text).all.last?.errorCode == .unknownDecision)
    }

    @Test("is limited for each household") func limited() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        for _ in 0..<30 { _ = await appeal(stage, "nothing", from: "192.0.2.7") }
        #expect(await appeal(stage, "nothing", from: "192.0.2.7").all.last?.errorCode == .rateLimited)
        #expect(await appeal(stage, "nothing", from: "192.0.2.8").all.last?.errorCode == .unknownDecision)
    }

    @Test("that is right lifts the ban, by a decision of its own, and is counted") func reversed()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (person, ban) = try await banned(stage)
        _ = await appeal(stage, ban.decision.text)
        let id = try #require(try await stage.store.appeals(.open, limit: 1).first?.id)
        let receipt = try await stage.switchboard.decideAppeal(
            AppealOrder(appeal: id, outcome: .reversed, ground: "rule 3", facts: "somebody else"))
        #expect(receipt.lifted == ban.ban)
        #expect(await stage.knock(resume: person.welcome.resume, from: "192.0.2.1").0.closed == nil)
        let decision = try #require(try await stage.store.decision(receipt.decision))
        #expect(decision.overturns == ban.decision && decision.outcome == .rejected && decision.appeal == id)
        #expect(try await stage.store.appeal(id)?.answeredBy == receipt.decision)
        #expect(await stage.switchboard.metrics().appealsDecided == ["reversed": 1])
        await #expect(throws: AdminError.appealAnswered(id)) {
            try await stage.switchboard.decideAppeal(
                AppealOrder(appeal: id, outcome: .kept, ground: "x", facts: "y"))
        }
    }

    @Test("that is wrong keeps the ban") func kept() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (person, ban) = try await banned(stage)
        _ = await appeal(stage, ban.decision.text)
        let id = try #require(try await stage.store.appeals(.open, limit: 1).first?.id)
        let receipt = try await stage.switchboard.decideAppeal(
            AppealOrder(appeal: id, outcome: .kept, ground: "rule 3", facts: "it was"))
        #expect(receipt.lifted == nil)
        #expect(await stage.knock(resume: person.welcome.resume, from: "192.0.2.1").0.closed == .banned)
        let nothing = AppealID("nothing")
        await #expect(throws: AdminError.unknownAppeal(nothing)) {
            try await stage.switchboard.decideAppeal(
                AppealOrder(appeal: nothing, outcome: .kept, ground: "x", facts: "y"))
        }
    }

    @Test("by somebody who is here leaves the connection open") func byPeer() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.appeal(decision: "nothing", comment: "x"), id: .number(3))
        #expect(person.link.last?.re == .number(3) && person.link.all.last?.errorCode == .unknownDecision)
        #expect(person.link.closed == nil)
    }
}
