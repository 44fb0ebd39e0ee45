import Foundation
import MediaControl
import RelayTypes
import Signalling
import Storage
import Switchboard
import Testing

@Suite("A report cuts first, is written second, and is answered third")
struct CutTests {
    @Test("the reporter is told cut and report_received, the reported is told policy")
    func report() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        await first.say(
            .report(ReportRequest(reason: "nudity", comment: "at once", pair: pair)), id: .number(9))
        #expect(stage.media.parted == 1)
        #expect(first.link.sofar(\.partnerLeft) == [.cut])
        #expect(second.link.sofar(\.cutReason) == [.policy])
        let id = try #require(await first.link.first(\.reportID))
        let stored = try #require(try await stage.store.report(id))
        #expect(stored.reporter == first.welcome.peer)
        #expect(stored.reported == second.welcome.peer)
        #expect(stored.reason == "nudity" && stored.comment == "at once")
    }

    @Test("where reports are shown, the reported is told report")
    func shown() async throws {
        let stage = try await Stage { $0.hideReports = false }
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        await first.say(.report(ReportRequest(reason: "spam")))
        #expect(second.link.sofar(\.cutReason) == [.report])
    }

    @Test("nobody is told before the cut is in force, and it is ordered before anything else")
    func order() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        stage.media.holdAnswers()
        let reporting = Task { await first.say(.report(ReportRequest(reason: "threat"))) }
        while stage.media.parted == 0 { await Task.yield() }
        #expect(first.link.all.isEmpty && second.link.all.isEmpty)
        stage.media.answerAll()
        await reporting.value
        #expect(first.link.sofar(\.partnerLeft) == [.cut])
    }

    @Test("a cut whose worker is silent is told after a bounded time")
    func silentWorker() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, _) = try await stage.openPair()
        stage.media.holdAnswers()
        let reporting = Task { await first.say(.report(ReportRequest(reason: "threat"))) }
        while stage.media.parted == 0 { await Task.yield() }
        await stage.advance(seconds: 3)
        await reporting.value
        #expect(first.link.sofar(\.partnerLeft) == [.cut])
    }

    @Test("a receipt works on another connection, before join, and after the pair")
    func receipt() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        let receipt = try #require(await first.link.first(\.receipt))
        await second.say(.leave)
        let stranger = try await stage.person()
        await stranger.say(.report(ReportRequest(reason: "sextortion", receipt: receipt)), id: .number(1))
        let id = try #require(await stranger.link.first(\.reportID))
        let stored = try #require(try await stage.store.report(id))
        #expect(stored.pair == pair && stored.reported == second.welcome.peer)
    }

    @Test("a receipt is good after a restart of the server, for its time and no longer")
    func receiptAfterRestart() async throws {
        let stage = try await Stage()
        let (first, second, pair) = try await stage.pair()
        let receipt = try #require(await first.link.first(\.receipt))
        while try await stage.store.pair(forReceipt: receipt, since: .distantPast) == nil {
            await Task.yield()
        }
        await stage.store.close()

        let later = try await Stage(database: stage.databasePath)
        defer { later.close() }
        let stranger = try await later.person()
        await stranger.say(.report(ReportRequest(reason: "sextortion", receipt: receipt)))
        let id = try #require(await stranger.link.first(\.reportID))
        let stored = try #require(try await later.store.report(id))
        #expect(stored.pair == pair && stored.reported == second.welcome.peer && stored.source == "receipt")

        let muchLater = try await Stage(database: stage.databasePath) {
            $0.wallClock = { Date(timeIntervalSinceNow: 25 * 3_600) }
        }
        let late = try await muchLater.person()
        await late.say(.report(ReportRequest(reason: "sextortion", receipt: receipt)))
        #expect(late.link.all.last?.errorCode == .unknownPair)
    }

    @Test("a receipt of a live pair cuts it, from whichever connection it comes")
    func liveReceipt() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.pair()
        let receipt = try #require(await first.link.first(\.receipt))
        let other = try await stage.person()
        await other.say(.report(ReportRequest(reason: "minor", receipt: receipt)))
        #expect(stage.media.parted == 1)
        #expect(second.link.sofar(\.cutReason) == [.policy])
        #expect(await other.link.first(\.reportID) != nil)
    }

    @Test("a report without a pair means the current or else the latest pair")
    func latest() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.pair()
        await second.say(.next(pair: nil, block: false))
        await first.say(.report(ReportRequest(reason: "other")))
        let id = try #require(await first.link.first(\.reportID))
        #expect(try await stage.store.report(id)?.pair == pair)
    }

    @Test("the two never meet again, not even as the only ones")
    func apart() async throws {
        let stage = try await Stage { $0.avoidRecent = 0 }
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        await first.say(.report(ReportRequest(reason: "spam")))
        first.link.forget()
        second.link.forget()
        await first.say(.join(JoinRequest()))
        await second.say(.join(JoinRequest()))
        await stage.advance(seconds: 600)
        #expect(first.link.sofar(\.matchedPair).isEmpty && second.link.sofar(\.matchedPair).isEmpty)
    }

    @Test("what cannot be reported gets a clear error and nothing is cut")
    func errors() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let lonely = try await stage.person()
        await lonely.say(.report(ReportRequest(reason: "spam")))
        #expect(lonely.link.all.last?.errorCode == .notPaired)
        let (first, _, _) = try await stage.openPair()
        await first.say(.report(ReportRequest(reason: "rudeness")))
        #expect(first.link.all.last?.errorCode == .badMessage)
        await first.say(.report(ReportRequest(reason: "spam", pair: PairID("nobody"))))
        #expect(first.link.all.last?.errorCode == .unknownPair)
        await first.say(.report(ReportRequest(reason: "spam", receipt: "forged")))
        #expect(first.link.all.last?.errorCode == .unknownPair)
        #expect(stage.media.parted == 0)
    }
}

@Suite("An operator's order is answered when it is in force")
struct OrderTests {
    @Test("hold adds moderator, release removes it, both may be repeated")
    func holdAndRelease() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, pair) = try await stage.openPair()
        for _ in 0..<2 {
            let receipt = try await stage.switchboard.order(
                OperatorOrder(
                    action: .hold, pair: pair, reason: "look", from: first.welcome.peer, channel: .video))
            #expect(receipt.peers.first { $0.peer == first.welcome.peer }?.gates["video"] == ["moderator"])
            #expect(stage.media.gates?[.first, .audio].isEmpty == true)
        }
        for _ in 0..<2 {
            _ = try await stage.switchboard.order(OperatorOrder(action: .release, pair: pair, reason: "fine"))
            #expect(stage.media.gates == PairGates(all: []))
        }
    }

    @Test("release never lifts another hold")
    func release() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.pair()
        let before = stage.media.gates
        _ = try await stage.switchboard.order(OperatorOrder(action: .release, pair: pair, reason: "try"))
        #expect(stage.media.gates == before)
    }

    @Test("cut tells both moderator")
    func cut() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, pair) = try await stage.openPair()
        _ = try await stage.switchboard.order(OperatorOrder(action: .cut, pair: pair, reason: "order"))
        #expect(first.link.sofar(\.cutReason) == [.moderator])
        #expect(second.link.sofar(\.cutReason) == [.moderator])
        await #expect(throws: AdminError.unknownPair(pair)) {
            try await stage.switchboard.order(OperatorOrder(action: .cut, pair: pair, reason: "again"))
        }
    }

    @Test("a peer of another pair is refused")
    func stranger() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        await #expect(throws: AdminError.notOfThePair(PeerID("x"))) {
            try await stage.switchboard.order(
                OperatorOrder(action: .hold, pair: pair, reason: "", from: PeerID("x")))
        }
    }
}
