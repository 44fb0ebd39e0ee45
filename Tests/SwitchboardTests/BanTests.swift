import Foundation
import MediaControl
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("A ban holds") struct BanTests {
    private func order(
        _ peer: PeerID, on handles: Set<BanHandle> = Set(BanHandle.allCases), until: Date? = nil
    )
        -> BanOrder
    {
        BanOrder(peer: peer, reason: "rule 3", facts: "what happened", until: until, handles: handles)
    }

    @Test("at once: the pair is cut on the packet path, the banned told why and hung up") func atOnce()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        let report = try await stage.switchboard.ban(order(first.welcome.peer))
        #expect(stage.media.parted == 1)
        #expect(first.link.closed == .banned)
        let message = first.link.all.first { $0.isBanned }
        #expect(
            message
                == .banned(
                    until: nil, decision: report.decision.text,
                    statement: .init(
                        ground: "rule 3", facts: "what happened", automated: false,
                        redress: SwitchboardConfiguration().banRedress)))
        #expect(second.link.sofar(\.cutReason) == [.moderator])
        #expect(await stage.switchboard.pair(pair) == nil)
        #expect(
            try await stage.store.bans(inForceAt: Date()).map(\.id) == [report.ban], "durable when answered")
    }

    @Test("against the old resume token, a used one, and one of a session begun with it") func lineage()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let one = try await stage.person(from: "192.0.2.1")
        await one.close()
        let two = try await stage.person(resume: one.welcome.resume, from: "192.0.2.2")
        #expect(!two.welcome.resumed)
        _ = try await stage.switchboard.ban(order(two.welcome.peer, on: [.lineage]))
        for token in [one.welcome.resume, two.welcome.resume] {
            let (link, _) = await stage.knock(resume: token, from: "192.0.2.3")
            #expect(link.closed == .banned && link.all.contains { $0.isBanned })
            #expect(!link.all.contains { $0.welcome != nil })
        }
        let (stranger, _) = await stage.knock(from: "192.0.2.2")
        #expect(stranger.closed == nil)
    }

    @Test(
        "against a fresh connection from the same household",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false), ("2001:db8:1:2::3", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::3", "2001:db8:1:3::3", false),
        ]) func address(_ banned: String, _ comesFrom: String, _ isHeld: Bool) async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person(from: banned)
        _ = try await stage.switchboard.ban(order(person.welcome.peer))
        let (link, _) = await stage.knock(from: comesFrom)
        #expect((link.closed == .banned) == isHeld)
    }

    @Test("not against everybody behind a proxy on this machine") func proxy() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let person = try await stage.person(from: address)
            _ = try await stage.switchboard.ban(order(person.welcome.peer))
        }
        let (link, _) = await stage.knock(from: "127.0.0.1")
        #expect(link.closed == nil)
    }

    @Test("on to an operator's account, whatever the page and the network") func identity() async throws {
        let stage = try await Stage { configuration in configuration.identify = { token, _ in token } }
        defer { stage.close() }
        let person = try await stage.person(token: "anna", from: "192.0.2.1")
        _ = try await stage.switchboard.ban(order(person.welcome.peer, on: [.identity]))
        let (again, _) = await stage.knock(token: "anna", from: "192.0.2.9")
        #expect(again.closed == .banned)
        let (other, _) = await stage.knock(token: "ben", from: "192.0.2.1")
        #expect(other.closed == nil)
    }

    @Test("in another tab that is open already") func otherTab() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let one = try await stage.person(from: "192.0.2.1")
        let two = try await stage.person(from: "192.0.2.1")
        let three = try await stage.person(from: "192.0.2.2")
        _ = try await stage.switchboard.ban(order(one.welcome.peer))
        #expect(two.link.closed == .banned && three.link.closed == nil)
    }

    @Test("over a restart, and after the person has gone") func restart() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person(from: "192.0.2.1")
        await person.close()
        _ = try await stage.switchboard.ban(order(person.welcome.peer))
        // The same file under other keys recognises nobody, so the later run has the earlier one's.
        let keys = await stage.switchboard.configuration.banKeys
        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        try await later.switchboard.loadBans()
        let (link, _) = await later.knock(from: "192.0.2.1")
        #expect(link.closed == .banned)
    }

    @Test("where somebody's media moves to a banned household, as by an ICE restart: the pair is cut at once")
    func moved() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let banned = try await stage.person(from: "203.0.113.9")
        _ = try await stage.switchboard.ban(order(banned.welcome.peer))
        let (first, second, _) = try await stage.openPair()
        let slot = try #require(stage.media.lastLeg)
        stage.media.emit(.moved(slot, Endpoint(ipv4: 0xcb00_7107, port: 4_711)))
        stage.media.emit(.moved(slot, Endpoint(ipv4: 0xcb00_7109, port: 4_712)))
        while second.link.closed == nil { await Task.yield() }
        #expect(second.link.closed == .banned && stage.media.parted == 1)
        #expect(await first.link.first(\.partnerLeft) != nil && first.link.closed == nil)
    }

    @Test("on to an address for a day, and to the rest for good") func addressRunsOut() async throws {
        let clock = HandDate()
        let stage = try await Stage { $0.wallClock = { clock.now } }
        defer { stage.close() }
        let person = try await stage.person(from: "192.0.2.1")
        _ = try await stage.switchboard.ban(order(person.welcome.peer))
        clock.advance(24 * 3_600)
        let (neighbour, _) = await stage.knock(from: "192.0.2.1")
        #expect(neighbour.closed == nil)
        let (back, _) = await stage.knock(resume: person.welcome.resume, from: "192.0.2.9")
        #expect(back.closed == .banned)
    }

    @Test("until it ends or is lifted") func ends() async throws {
        let clock = HandDate()
        let stage = try await Stage { $0.wallClock = { clock.now } }
        defer { stage.close() }
        let one = try await stage.person(from: "192.0.2.1")
        _ = try await stage.switchboard.ban(order(one.welcome.peer, until: clock.now + 60))
        clock.advance(60)
        #expect(await stage.knock(from: "192.0.2.1").0.closed == nil)
        let two = try await stage.person(from: "192.0.2.2")
        let ban = try await stage.switchboard.ban(order(two.welcome.peer))
        #expect(await stage.switchboard.bans().bans.map(\.ban) == [ban.ban])
        _ = try await stage.switchboard.liftBan(ban.ban)
        #expect(await stage.knock(resume: two.welcome.resume, from: "192.0.2.2").0.closed == nil)
        #expect(try await stage.store.bans(inForceAt: clock.now).isEmpty)
        await #expect(throws: AdminError.unknownBan(ban.ban)) { try await stage.switchboard.liftBan(ban.ban) }
    }

    @Test("nobody that was never here, and nothing that is not known") func refused() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let nobody = PeerID("nobody")
        await #expect(throws: AdminError.unknownPeer(nobody)) {
            try await stage.switchboard.ban(order(nobody))
        }
        let person = try await stage.person()
        await #expect(throws: AdminError.nothingToHold(person.welcome.peer)) {
            try await stage.switchboard.ban(order(person.welcome.peer, on: [.identity]))
        }
        #expect(person.link.closed == nil)
    }

    @Test("while the disk is full: in force at once, told as not durable, written later") func fullDisk()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let person = try await stage.person(from: "192.0.2.1")
        try await stage.store.limitGrowth(pages: 0)
        let facts = String(repeating: "x", count: 4_000)
        var bans = 0
        await #expect(throws: AdminError.self) {
            // The last page may have room for one or two.
            for number in 0..<20 {
                let someone = try await stage.person(from: "192.0.2.\(100 + number)")
                _ = try await stage.switchboard.ban(
                    BanOrder(peer: someone.welcome.peer, reason: "rule 3", facts: facts))
                bans += 1
            }
        }
        let (link, _) = await stage.knock(from: "192.0.2.\(100 + bans)")
        #expect(link.closed == .banned)
        #expect(person.link.closed == nil)
    }
}
