import Foundation
import Hooks
import MediaControl
import Policy
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("What the operator's endpoint is asked about stays shut until it allows it (PROTOCOL.md section 5)")
struct HookTests {
    private func stage(asking kinds: HookDecisionKind...) async throws -> (Stage, ScriptedHooks) {
        let hooks = ScriptedHooks(asking: Set(kinds))
        return (try await Stage { $0.hooks = hooks }, hooks)
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// Waits until so many questions have been asked, and those that have an answer have had their effect.
    private func asked(_ kind: HookDecisionKind, _ count: Int, _ hooks: ScriptedHooks, _ stage: Stage) async {
        await hooks.until { $0.asked(kind).count == count }
        while await stage.switchboard.openQuestions != hooks.waiting { await Task.yield() }
    }

    /// Waits until the gates of the pair on the packet path are these.
    private func gates(_ person: Person, _ isSo: @escaping @Sendable (ServerMessage.ChannelHolds) -> Bool)
        async
    {
        _ = await person.link.first { $0.outbound.flatMap { isSo($0) ? true : nil } }
    }

    // MARK: Release

    @Test("ages, bands and consent are not enough: the endpoint must allow it, and is asked once they are")
    func release() async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        #expect(hooks.asked(.release).isEmpty)
        try await first.attest("adult")
        #expect(hooks.asked(.release).isEmpty)
        try await second.attest("adult")
        await asked(.release, 1, hooks, stage)
        // Audio and chat could open now; the picture still waits for consent.
        let question = try json(hooks.asked(.release)[0])
        #expect(question["pair"] as? String == pair.text)
        #expect((question["gates"] as? [[String: String]])?.count == 4)
        #expect((question["peers"] as? [[String: String]])?.map { $0["band"] } == ["adult", "adult"])
        #expect(try #require(stage.media.gates)[.first, .audio] == .policy)
        hooks.say(HookAnswer(.allow), to: .release)
        await gates(first) { $0.audio.isEmpty }
        #expect(try #require(stage.media.gates)[.second, .audio].isEmpty)
        #expect(try #require(stage.media.gates)[.second, .video] == [.consentSelf, .consentPartner])
        await first.say(.accept(pair: pair))
        await second.say(.accept(pair: pair))
        #expect(stage.media.gates == PairGates(all: []))
        #expect(hooks.asked(.release).count == 1)
    }

    @Test("'hold' holds, and is asked again when its time is over; 'allow' opens then")
    func held() async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        hooks.say(HookAnswer(.hold, reason: "later", ttl: 30), to: .release)
        let (first, _, pair) = try await stage.pair(bands: "adult")
        await asked(.release, 1, hooks, stage)
        await stage.advance(seconds: 29)
        #expect(hooks.asked(.release).count == 1)
        #expect(try #require(stage.media.gates)[.first, .audio] == .policy)
        hooks.say(HookAnswer(.allow), to: .release)
        await stage.advance(seconds: 2)
        await gates(first) { $0.audio.isEmpty }
        let lines = try #require(await stage.switchboard.explain(pair)).lines.map(\.text)
        #expect(
            lines.contains(
                "the operator's endpoint, asked whether the gates may open, answered 'hold' after 0 ms: later"
            ))
    }

    @Test(
        "an endpoint that fails holds as well, and what it may not answer for opens by the configuration alone",
        arguments: HookAnswer.Basis.allCases.filter { $0 != .answered })
    func failing(basis: HookAnswer.Basis) async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        hooks.say(HookAnswer(.hold, basis), to: .release)
        let (first, _, _) = try await stage.pair(bands: "adult")
        await asked(.release, 1, hooks, stage)
        #expect(try #require(stage.media.gates)[.first, .chat] == .policy)
        // Asked again soon; this time it is allowed for want of an answer, and asked again soon after that.
        hooks.say(HookAnswer(.allow, basis), to: .release)
        await stage.advance(seconds: 6)
        await gates(first) { $0.audio.isEmpty }
        first.link.forget()
        hooks.say(HookAnswer(.hold), to: .release)
        await stage.advance(seconds: 6)
        await gates(first) { $0.audio == .policy }
        #expect(try #require(stage.media.gates)[.first, .chat] == .policy)
    }

    @Test("an allowance with a time is asked for again when it is over, and holds until the answer")
    func renewed() async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        hooks.say(HookAnswer(.allow, ttl: 60), to: .release)
        let (first, second, _) = try await stage.pair(bands: "adult")
        await gates(first) { $0.audio.isEmpty }
        await stage.advance(seconds: 61)
        await asked(.release, 2, hooks, stage)
        #expect(try #require(stage.media.gates)[.first, .audio].isEmpty)
        first.link.forget()
        hooks.say(HookAnswer(.deny), to: .release)
        #expect(await first.link.first(\.cutReason) == .policy)
        #expect(await second.link.first(\.cutReason) == .policy)
    }

    @Test("nothing that shuts waits for the endpoint: a report cuts while a question is open")
    func cut() async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        let (first, _, pair) = try await stage.pair(bands: "adult")
        await asked(.release, 1, hooks, stage)
        await first.say(.report(ReportRequest(reason: "nudity", comment: nil, pair: pair, receipt: nil)))
        #expect(await first.link.first(\.partnerLeft) == .cut)
        // The answer comes too late to open anything.
        hooks.say(HookAnswer(.allow), to: .release)
        #expect(await first.link.first(\.reportID) != nil)
        #expect(
            stage.media.orders.allSatisfy { order in
                if case .setGates(_, let gates) = order { return !gates[.first, .audio].isEmpty }
                return true
            })
    }

    @Test("after a reload that asks nobody, what was held for an answer opens")
    func noMore() async throws {
        let (stage, hooks) = try await stage(asking: .release)
        defer { stage.close() }
        hooks.say(HookAnswer(.hold), to: .release)
        let (first, _, _) = try await stage.pair(bands: "adult")
        await asked(.release, 1, hooks, stage)
        hooks.stopAsking()
        await stage.advance(seconds: 6)
        await gates(first) { $0.audio.isEmpty }
    }

    // MARK: Admit

    @Test("nobody gets a media path or a place in the pool before the endpoint has let them in")
    func admit() async throws {
        let (stage, hooks) = try await stage(asking: .admit)
        defer { stage.close() }
        let person = try await stage.person()
        await person.say(.join(JoinRequest(interests: ["tea"])), id: .number(1))
        #expect(person.link.last?.message.waiting == 0 && stage.media.lastLeg == nil)
        await asked(.admit, 1, hooks, stage)
        let question = try json(hooks.asked(.admit)[0])
        #expect(question["peer"] as? String == person.welcome.peer.text)
        #expect(question["interests"] as? [String] == ["tea"] && question["media"] as? String == "video")
        await person.say(.join(JoinRequest()))
        #expect(hooks.asked(.admit).count == 1, "one question at a time")
        hooks.say(HookAnswer(.allow), to: .admit)
        try await person.connectLeg()
        await person.say(.next(pair: nil, block: false))
        #expect(
            hooks.asked(.admit).count == 1,
            "an answer without a time counts for as long as the person is here")
    }

    @Test("who is held at the entrance is asked about again; who is denied is told, and stays out")
    func turnedAway() async throws {
        let (stage, hooks) = try await stage(asking: .admit)
        defer { stage.close() }
        hooks.say(HookAnswer(.hold, ttl: 10), to: .admit)
        let person = try await stage.person()
        await person.say(.join(JoinRequest(media: .text)))
        await asked(.admit, 1, hooks, stage)
        hooks.say(HookAnswer(.deny, reason: "known"), to: .admit)
        await stage.advance(seconds: 11)
        #expect(await person.link.first(\.errorCode) == .unauthorized)
        person.link.forget()
        await person.say(.join(JoinRequest(media: .text)), id: .number(2))
        #expect(person.link.all.map(\.errorCode) == [.unauthorized])
        #expect(hooks.asked(.admit).count == 2)
        let words = person.link.all.map { "\($0)" }.joined()
        #expect(!words.contains("known"), "the reason is the operator's")
    }

    // MARK: Match

    @Test("two who were chosen meet once the endpoint allows it; who leaves meanwhile does not")
    func match() async throws {
        let (stage, hooks) = try await stage(asking: .match)
        defer { stage.close() }
        let first = try await stage.joined(JoinRequest(interests: ["tea"], media: .text))
        let second = try await stage.joined(JoinRequest(interests: ["tea"], media: .text))
        await asked(.match, 1, hooks, stage)
        let question = try json(hooks.asked(.match)[0])
        #expect(question["shared_interests"] as? [String] == ["tea"])
        #expect(first.link.all.allSatisfy { $0.matchedPair == nil })
        await second.close()
        let third = try await stage.joined(JoinRequest(interests: ["tea"], media: .text))
        await asked(.match, 2, hooks, stage)
        hooks.say(HookAnswer(.allow), to: .match)
        hooks.say(HookAnswer(.allow), to: .match)
        #expect(await first.link.first(\.matchedPair) != nil)
        #expect(await third.link.first(\.matchedPair) != nil)
        #expect(second.link.all.allSatisfy { $0.matchedPair == nil })
    }

    @Test("two who may not meet are not chosen for each other again")
    func mayNotMeet() async throws {
        let (stage, hooks) = try await stage(asking: .match)
        defer { stage.close() }
        hooks.say(HookAnswer(.deny), to: .match)
        let first = try await stage.joined(JoinRequest(media: .text))
        let second = try await stage.joined(JoinRequest(media: .text))
        await asked(.match, 1, hooks, stage)
        await stage.advance(seconds: 10)
        #expect(hooks.asked(.match).count == 1)
        hooks.say(HookAnswer(.allow), to: .match)
        let third = try await stage.joined(JoinRequest(media: .text))
        #expect(await third.link.first(\.matchedPair) != nil)
        #expect((first.link.all + second.link.all).compactMap(\.matchedPair).count == 1)
    }

    @Test("two who meet under 'hold' are held until it is allowed")
    func meetHeld() async throws {
        let (stage, hooks) = try await stage(asking: .match)
        defer { stage.close() }
        hooks.say(HookAnswer(.hold, .timeout), to: .match)
        let first = try await stage.joined(band: "adult")
        _ = try await stage.joined(band: "adult")
        _ = try #require(await first.link.first(\.matchedPair))
        #expect(try #require(stage.media.gates)[.first, .audio] == .policy)
        hooks.say(HookAnswer(.allow), to: .match)
        await stage.advance(seconds: 6)
        await gates(first) { $0.audio.isEmpty }
    }

    // MARK: Chat

    @Test("messages are passed on in their order, once the endpoint has allowed each")
    func chat() async throws {
        let (stage, hooks) = try await stage(asking: .chat)
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        for (number, text) in ["one", "two", "three"].enumerated() {
            await first.say(.chat(text: text, pair: pair), id: .number(Int64(number)))
            await hooks.until { $0.asked(.chat).count == number + 1 }
        }
        #expect(try json(hooks.asked(.chat)[0])["text"] as? String == "one")
        hooks.sayToLast(HookAnswer(.allow), of: .chat)
        #expect(second.link.all.isEmpty, "'three' waits for the others")
        hooks.say(HookAnswer(.allow), to: .chat)
        hooks.say(HookAnswer(.deny, reason: "a word"), to: .chat)
        let arrived = { @Sendable (message: ServerMessage) -> String? in
            if case .chat(let text, _, _) = message { text } else { nil }
        }
        _ = await second.link.first { arrived($0) == "three" ? true : nil }
        #expect(second.link.sofar(arrived) == ["one", "three"])
        #expect(first.link.all.compactMap(\.errorCode) == [.chatRejected])
        await second.say(.report(ReportRequest(reason: "spam", comment: nil, pair: pair, receipt: nil)))
        let id = try #require(await second.link.first(\.reportID))
        let report = try #require(try await stage.store.report(id))
        #expect(report.transcript.map(\.text) == ["one", "two", "three"])
        #expect(report.transcript.map(\.wasHeld) == [false, true, false] && report.chatMessages == 2)
    }

    @Test("a message whose gate shuts while the endpoint is asked is not passed on")
    func chatHeld() async throws {
        let (stage, hooks) = try await stage(asking: .chat)
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await first.say(.chat(text: "hello", pair: pair))
        await asked(.chat, 1, hooks, stage)
        _ = try await stage.switchboard.order(
            OperatorOrder(action: .hold, pair: pair, reason: "I look", from: nil, channel: .chat),
            by: .unnamed)
        second.link.forget()
        hooks.say(HookAnswer(.allow), to: .chat)
        #expect(await first.link.first(\.errorCode) == .chatHeld)
        #expect(second.link.all.isEmpty)
    }

    // MARK: Events

    @Test("a whole session is told, and a report no later than the reporter hears that it is kept")
    func events() async throws {
        let (stage, hooks) = try await stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        hooks.takesEvents(false)
        await first.say(
            .report(ReportRequest(reason: "nudity", comment: "secret words", pair: pair, receipt: nil)))
        hooks.takesEvents(true)
        _ = await first.link.first(\.reportID)
        await hooks.until { hooks in hooks.told.contains { $0.kind == "pair.ended" } }
        await hooks.until { hooks in hooks.told.contains { $0.kind == "report.received" } }
        let kinds = Set(hooks.told.map(\.kind))
        #expect(
            kinds == ["peer.joined", "pair.matched", "gate.changed", "pair.ended", "report.received"])
        #expect(Set(hooks.told.map(\.id)).count == hooks.told.count)
        let report = try json(try #require(hooks.told.first { $0.kind == "report.received" }).body)
        let data = try #require(report["data"] as? [String: Any])
        #expect(report["type"] as? String == "report.received")
        #expect(data["reported"] as? String == second.welcome.peer.text)
        #expect(!hooks.told.contains { $0.body.contains("secret words") })
        let ended = try json(try #require(hooks.told.first { $0.kind == "pair.ended" }).body)
        #expect((ended["data"] as? [String: Any])?["reason"] as? String == "report")
    }
}

extension Switchboard {
    /// Questions whose answers have not had their effect.
    fileprivate var openQuestions: Int { insight.questions.count }
}
