import MediaControl
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("Draining throws nobody out of a conversation")
struct DrainTests {
    private static let told = ServerMessage.draining(reconnect: true, within: Departure.comeBackWithin)

    @Test("nobody new is let in, and readyz says so; taken back, everything is as before")
    func nobodyNew() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let report = await stage.switchboard.startDrain(seconds: 60, by: .unnamed)
        #expect(report == DrainReport(draining: true, deadline: 60, peers: 0, pairs: 0, stopping: false))
        let (link, _) = await stage.knock()
        #expect(link.all == [Self.told])
        #expect(link.closed == .draining)
        #expect(await stage.switchboard.isReady().problems == ["draining: nobody new is taken"])

        #expect(try await stage.switchboard.takeDrainBack().draining == false)
        #expect(await stage.switchboard.isReady().ready)
        _ = try await stage.person()
        let acts = try await stage.store.auditEntries(after: 0, limit: 10).map(\.what)
        #expect(acts == [AuditAct.drainStarted.rawValue, AuditAct.drainTakenBack.rawValue])
    }

    @Test("who is idle and who waits in the pool are sent elsewhere at once; a pair goes on, and may resume")
    func pairGoesOn() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let idle = try await stage.person()
        let waiting = try await stage.joined(JoinRequest(media: .text))
        let report = await stage.switchboard.startDrain(seconds: 600, by: .unnamed)
        #expect(report.peers == 2 && report.pairs == 1)
        for person in [idle, waiting] {
            #expect(person.link.all.last == Self.told)
            #expect(person.link.closed == .draining)
        }
        await stage.advance(seconds: 300)
        await first.say(.chat(text: "still here", pair: pair))
        #expect(second.link.closed == nil && !second.link.all.contains(Self.told))
        #expect(stage.media.parted == 0)

        await second.vanish()
        let back = try await stage.person(resume: second.welcome.resume)
        #expect(back.welcome.resumed && back.welcome.peer == second.welcome.peer)
        #expect(await back.link.first(\.matchedPair) == pair)
    }

    @Test("who asks for another partner is sent elsewhere; the one who stays may still report, and goes then")
    func next() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        _ = await stage.switchboard.startDrain(seconds: 600, by: .unnamed)
        await first.say(.next(pair: pair, block: false), id: .number(4))
        #expect(await first.link.first { $0 == Self.told ? true : nil } == true)
        #expect(first.link.closed == .draining)
        #expect(await second.link.first(\.partnerLeft) != nil)
        #expect(second.link.closed == nil)

        await second.say(.report(ReportRequest(reason: "threat", pair: pair)))
        #expect(await second.link.first(\.reportID) != nil)
        await stage.advance(seconds: Departure.farewell - 1)
        #expect(second.link.closed == nil)
        await stage.advance(seconds: 1)
        #expect(second.link.all.last == Self.told)
        #expect(second.link.closed == .draining)
        await stage.switchboard.untilNobodyIsLeft()
    }

    @Test("a join is answered with draining, and its id")
    func join() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair(media: .text)
        _ = await stage.switchboard.startDrain(seconds: 600, by: .unnamed)
        await first.say(.leave)
        _ = await second.link.first(\.partnerLeft)
        await second.say(.join(JoinRequest(media: .text)), id: .number(9))
        #expect(second.link.last?.message == Self.told)
        #expect(second.link.last?.re == .number(9))
    }

    @Test("at the deadline the pairs that are left are cut on the packet path, and both are sent elsewhere")
    func deadline() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        let text = try await stage.pair(media: .text)
        _ = await stage.switchboard.startDrain(seconds: 20, by: .unnamed)
        await stage.advance(seconds: 19)
        #expect(stage.media.parted == 0)
        await stage.advance(seconds: 1)
        #expect(stage.media.parted == 1)
        for person in [first, second, text.0, text.1] {
            #expect(await person.link.first { $0 == Self.told ? true : nil } == true)
            #expect(person.link.closed == .draining)
        }
        await stage.advance(seconds: 0)
        await stage.switchboard.untilNobodyIsLeft()
        #expect(await stage.switchboard.metrics().pairsEnded["draining"] == 2)
    }

    @Test("a report, a hold and a cut work while the server drains")
    func safety() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let other = try await stage.openPair()
        _ = await stage.switchboard.startDrain(seconds: 600, by: .unnamed)
        let held = try await stage.switchboard.order(
            OperatorOrder(action: .hold, pair: other.2, reason: "look"))
        #expect(held.peers.allSatisfy { $0.gates["video"]?.contains("moderator") == true })
        await first.say(.report(ReportRequest(reason: "nudity", pair: pair)))
        #expect(second.link.sofar(\.cutReason) == [.policy])
        _ = try await stage.switchboard.order(OperatorOrder(action: .cut, pair: other.2, reason: "enough"))
        #expect(other.0.link.sofar(\.cutReason) == [.moderator])
        #expect(stage.media.parted == 2)
    }

    @Test("a ban that another process makes with the same records holds here too, and cuts")
    func bansOfOthers() async throws {
        let keys = BanKeys()
        let old = try await Stage { $0.banKeys = keys }
        defer { old.close() }
        let (first, second, _) = try await old.openPair()
        let new = try await Stage(database: old.databasePath) { $0.banKeys = keys }
        defer { new.close() }
        try await new.switchboard.loadBans()
        // The same page, sent over by a drain: its resume token is of the same lineage.
        let there = try await new.person(resume: first.welcome.resume, from: "192.0.2.9")
        let ban = try await new.switchboard.ban(
            BanOrder(peer: there.welcome.peer, reason: "rule 3", facts: "what happened", handles: [.lineage]))
        await old.switchboard.followBans()
        #expect(first.link.closed == .banned)
        #expect(second.link.sofar(\.cutReason) == [.moderator])
        #expect(await old.switchboard.bans().bans.map(\.ban) == [ban.ban])
        await old.switchboard.followBans()
        #expect(await old.switchboard.bans().bans.count == 1)
    }

    @Test("a ban that another process lifts lets go here too; one that the disk has not taken yet stays")
    func liftedByOthers() async throws {
        let keys = BanKeys()
        let old = try await Stage { $0.banKeys = keys }
        defer { old.close() }
        let person = try await old.person(from: "192.0.2.7")
        let made = try await old.switchboard.ban(
            BanOrder(peer: person.welcome.peer, reason: "rule 3", facts: "f", handles: [.lineage]))
        let new = try await Stage(database: old.databasePath) { $0.banKeys = keys }
        defer { new.close() }
        try await new.switchboard.loadBans()
        await old.switchboard.followBans()
        let late = try await old.person(from: "192.0.2.8")
        try await old.store.limitGrowth(pages: 0)
        let unsaved = BanOrder(
            peer: late.welcome.peer, reason: "rule 4", facts: String(repeating: "long ", count: 4_000),
            handles: [.lineage])
        await #expect(throws: AdminError.self) { _ = try await old.switchboard.ban(unsaved) }
        try await old.store.limitGrowth(pages: nil)

        #expect(await old.knock(resume: person.welcome.resume).0.closed == .banned)
        _ = try await new.switchboard.liftBan(made.ban)
        await old.switchboard.followBans()
        #expect(await old.knock(resume: person.welcome.resume).0.closed == nil)
        #expect(await old.switchboard.bans().bans.map(\.reason) == ["rule 4"])
        // Not made anew by whoever had read it before.
        await new.switchboard.followBans()
        #expect(await new.knock(resume: person.welcome.resume).0.closed == nil)
    }

    @Test("a signal's drain ends when nobody is left, is not taken back, and puts no deadline off")
    func final() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair(media: .text)
        _ = await stage.switchboard.startDrain(seconds: 30, by: .unnamed)
        let report = await stage.switchboard.startDrain(seconds: 600, isFinal: true, by: .server)
        #expect(report.stopping && report.deadline == 30)
        await #expect(throws: AdminError.stopping) { try await stage.switchboard.takeDrainBack() }
        async let nobody: Void = stage.switchboard.untilNobodyIsLeft()
        await first.close()
        await second.close()
        await stage.advance(seconds: 0)
        await nobody
        #expect(await stage.switchboard.drainReport().peers == 0)
    }
}
