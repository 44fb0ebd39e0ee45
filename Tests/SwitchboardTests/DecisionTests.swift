import Foundation
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("A decision about a report") struct DecisionTests {
    private func order(
        _ report: ReportID, _ outcome: DecisionRecord.Outcome = .upheld,
        _ action: DecisionRecord.Action = .ban, automated: Bool = false
    ) -> DecisionOrder {
        DecisionOrder(
            report: report, outcome: outcome, action: action, groundKind: .illegal, ground: "§ 184b",
            facts: "what was seen", automatedDecision: automated)
    }

    /// Two people of different households, and the first one's report about the second.
    private func reported(_ stage: Stage, reason: String = "nudity") async throws -> (
        Person, Person, ReportRecord
    ) {
        let (first, second, pair) = try await stage.textPair()
        await first.say(.report(ReportRequest(reason: reason, pair: pair)))
        return (first, second, try #require(try await stage.report(by: first)))
    }

    @Test("ban: at once, with the statement of reasons, and on disk when it is answered") func ban()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, record) = try await reported(stage)
        let receipt = try await stage.switchboard.decide(
            order(record.id, automated: true), by: try #require(Operator("Mo")))
        #expect(second.link.closed == .banned)
        let told = try #require(second.link.sofar(\.banned).first)
        #expect(told.decision == receipt.decision.text)
        #expect(
            told.statement
                == .init(
                    ground: "§ 184b", facts: "what was seen", automated: true,
                    redress: SwitchboardConfiguration().banRedress))
        #expect(try await stage.store.bans(inForceAt: Date()).map(\.id) == [receipt.ban])
        let stored = try #require(try await stage.store.decision(receipt.decision))
        #expect(stored.by == "Mo" && stored.byKind == .operator && stored.groundKind == .illegal)
        #expect(first.link.sofar(\.noticeCode) == ["report_upheld"])
        let (again, _) = await stage.knock(resume: second.welcome.resume, from: "192.0.2.9")
        #expect(again.closed == .banned && again.sofar(\.banned).first?.statement.automated == true)
    }

    @Test("ban of somebody who left before a restart: recognised by what the report holds")
    func afterRestart()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, second, record) = try await reported(stage)
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()
        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        _ = try await later.switchboard.decide(order(record.id))
        let (link, _) = await later.knock(resume: second.welcome.resume, from: "192.0.2.77")
        #expect(link.closed == .banned)
    }

    @Test("warn: the person is told why and how to object, and may stay") func warn() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, second, record) = try await reported(stage)
        let receipt = try await stage.switchboard.decide(order(record.id, .upheld, .warn))
        #expect(second.link.closed == nil)
        let text = try #require(
            second.link.sofar { if case .notice("warning", let text) = $0 { text } else { nil } }.first)
        #expect(text.contains("§ 184b") && text.contains("what was seen"))
        #expect(text.contains(receipt.decision.text) && text.contains(SwitchboardConfiguration().banRedress))
    }

    @Test("a second one that contradicts is appended, names the first, and lifts its ban") func overturned()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, record) = try await reported(stage)
        let one = try await stage.switchboard.decide(order(record.id))
        let two = try await stage.switchboard.decide(order(record.id, .rejected, .none))
        #expect(two.overturns == one.decision && two.lifted == one.ban)
        #expect(try await stage.store.decisions(of: record.id).map(\.id) == [one.decision, two.decision])
        #expect(try await stage.store.bans(inForceAt: Date()).isEmpty)
        #expect(await stage.knock(resume: second.welcome.resume).0.closed == nil)
        #expect(first.link.sofar(\.noticeCode) == ["report_upheld", "report_rejected"])
        let three = try await stage.switchboard.decide(order(record.id, .rejected, .none))
        #expect(three.overturns == nil, "the same again contradicts nothing")
    }

    @Test("about a child: no ban, unless the order says that it knows") func minor() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, second, record) = try await reported(stage, reason: "minor")
        await #expect(throws: AdminError.minorProtected(record.id)) {
            try await stage.switchboard.decide(order(record.id))
        }
        #expect(second.link.closed == nil)
        #expect(try await stage.store.decisions(of: record.id).isEmpty)
        var knowing = order(record.id)
        knowing.evenThoughMinor = true
        _ = try await stage.switchboard.decide(knowing)
        #expect(second.link.closed == .banned)
    }

    @Test("about a report that does not exist: nothing half done") func unknown() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let nothing = ReportID("nothing")
        await #expect(throws: AdminError.unknownReport(nothing)) {
            try await stage.switchboard.decide(order(nothing))
        }
        #expect(await stage.switchboard.bans().bans.isEmpty)
        #expect(try await stage.store.auditHead().number == 0)
    }

    @Test("the reporter is told when back: by the page of then, or by the receipt") func outcomeLater()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, record) = try await reported(stage)
        await first.close()
        _ = try await stage.switchboard.decide(order(record.id, .upheld, .none))
        let back = try await stage.person(resume: first.welcome.resume, from: "192.0.2.50")
        #expect(back.link.sofar(\.noticeCode) == ["report_upheld"])
        let again = try await stage.person(resume: back.welcome.resume, from: "192.0.2.50")
        #expect(again.link.sofar(\.noticeCode).isEmpty, "once")

        let (third, _, pair) = try await stage.textPair()
        let receipt = try #require(await stage.receipt(of: pair, third))
        await third.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let second = try #require(try await stage.report(by: third))
        await third.close()
        _ = try await stage.switchboard.decide(order(second.id, .rejected, .none))
        let stranger = try await stage.person()
        await stranger.say(.report(ReportRequest(reason: "spam", receipt: receipt)))
        let notice = await stranger.link.first(\.noticeCode)
        #expect(notice == "report_rejected")
    }

    @Test("the reporter is told when back after a restart: once, by the page of then or by the receipt")
    func outcomeAfterRestart() async throws {
        let stage = try await Stage()
        let (first, _, record) = try await reported(stage)
        let (third, _, pair) = try await stage.textPair()
        let receipt = try #require(await stage.receipt(of: pair, third))
        await third.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let second = try #require(try await stage.report(by: third))
        while try await stage.store.pair(forReceipt: receipt, since: .distantPast)?.endedAt == nil {
            await Task.yield()
        }
        for person in [first, third] { await person.close() }
        _ = try await stage.switchboard.decide(order(record.id, .upheld, .none))
        _ = try await stage.switchboard.decide(order(second.id, .rejected, .none))
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()

        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        defer { later.close() }
        try await later.switchboard.loadUntold()
        let back = try await later.person(resume: first.welcome.resume, from: "192.0.2.50")
        #expect(back.link.sofar(\.noticeCode) == ["report_upheld"])
        let stranger = try await later.person()
        await stranger.say(.report(ReportRequest(reason: "spam", receipt: receipt)))
        #expect(await stranger.link.first(\.noticeCode) == "report_rejected")
        while try await !later.store.untold(at: Date(), most: 9).isEmpty { await Task.yield() }
        let again = try await later.person(resume: back.welcome.resume, from: "192.0.2.50")
        #expect(again.link.sofar(\.noticeCode).isEmpty, "once")
    }

    @Test("the reporter whose connection is lost for a moment is told when it is back, and not before")
    func outcomeWhileAway() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, _, record) = try await reported(stage)
        await first.vanish()
        _ = try await stage.switchboard.decide(order(record.id, .upheld, .none))
        #expect(try await stage.store.untold(at: Date(), most: 9).map(\.report) == [record.id])
        let back = try await stage.person(resume: first.welcome.resume, from: "192.0.2.50")
        #expect(back.welcome.resumed)
        #expect(back.link.sofar(\.noticeCode) == ["report_upheld"])
    }

    @Test("a warning waits for somebody who has gone, over a restart, and an overturned one for nobody")
    func warnedWhileAway() async throws {
        let stage = try await Stage()
        let (_, second, record) = try await reported(stage)
        let (_, fourth, pair) = try await stage.textPair()
        await fourth.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let other = try #require(try await stage.report(by: fourth))
        await second.close()
        _ = try await stage.switchboard.decide(order(record.id, .upheld, .warn))
        _ = try await stage.switchboard.decide(order(other.id, .upheld, .warn))
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()

        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        defer { later.close() }
        try await later.switchboard.loadUntold()
        let back = try await later.person(resume: second.welcome.resume, from: "192.0.2.50")
        #expect(back.link.sofar(\.noticeCode) == ["warning"])
        await back.close()
        _ = try await later.switchboard.decide(order(record.id, .upheld, .warn))
        _ = try await later.switchboard.decide(order(record.id, .rejected, .none))
        let again = try await later.person(resume: back.welcome.resume, from: "192.0.2.50")
        #expect(again.link.sofar(\.noticeCode).isEmpty)
    }

    @Test("the answer to an appeal waits for whoever made it") func answerWhileAway() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, second, record) = try await reported(stage)
        let ban = try await stage.switchboard.decide(order(record.id))
        let connection = await stage.switchboard.connect(RecordingLink(), address: "192.0.2.60")
        await stage.switchboard.receive(
            ClientFrame(.appeal(decision: ban.decision.text, comment: "it was not me")), from: connection)
        let appeal = try #require(try await stage.store.appeals(.open, limit: 1).first?.id)
        _ = try await stage.switchboard.decideAppeal(
            AppealOrder(appeal: appeal, outcome: .reversed, ground: "rule 3", facts: "somebody else"))
        let back = try await stage.person(resume: second.welcome.resume, from: "192.0.2.61")
        #expect(back.link.sofar(\.noticeCode) == ["appeal_reversed"])
    }

    @Test("on a report that came by receipt after a restart: the ban knows the person")
    func lateAfterRestart() async throws {
        let stage = try await Stage()
        let (first, second, pair) = try await stage.textPair()
        let receipt = try #require(await stage.receipt(of: pair, first))
        while try await stage.store.pair(forReceipt: receipt, since: .distantPast) == nil {
            await Task.yield()
        }
        let keys = await stage.switchboard.configuration.banKeys
        await stage.store.close()

        let later = try await Stage(database: stage.databasePath) { $0.banKeys = keys }
        defer { later.close() }
        let stranger = try await later.person()
        await stranger.say(.report(ReportRequest(reason: "sextortion", receipt: receipt)))
        let record = try #require(try await later.report(by: stranger))
        #expect(record.reportedMarks.map(\.handle) == [.lineage], "never the address of then")
        #expect(record.transcript.isEmpty && record.sharedInterests.isEmpty, "in memory only, and gone")
        _ = try await later.switchboard.decide(order(record.id))
        let (link, _) = await later.knock(resume: second.welcome.resume, from: "192.0.2.9")
        #expect(link.closed == .banned)
    }

    @Test("on a full disk: the ban holds, and the answer says that it is not written yet") func fullDisk()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, second, record) = try await reported(stage)
        try await stage.fillDisk()
        var big = order(record.id)
        big.facts = String(repeating: "x", count: 4_000)
        var failed = false
        for _ in 0..<20 where !failed {
            do {
                _ = try await stage.switchboard.decide(big)
            } catch .decisionNotDurable {
                failed = true
            }
        }
        #expect(failed && second.link.closed == .banned)
        #expect(await !stage.switchboard.isReady().ready)
        #expect(await stage.knock(resume: second.welcome.resume, from: "192.0.2.80").0.closed == .banned)
    }

    @Test("that could not be written takes effect when the disk returns") func diskReturns() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, record) = try await reported(stage)
        _ = try await stage.switchboard.decide(order(record.id))
        try await stage.fillDisk()
        var lifting = order(record.id, .rejected, .none)
        lifting.facts = String(repeating: "x", count: 4_000)
        var failed = false
        do {
            _ = try await stage.switchboard.decide(lifting)
        } catch .decisionNotDurable {
            failed = true
        }
        #expect(failed == !first.link.sofar(\.noticeCode).contains("report_rejected"))
        let isHeld = await stage.knock(resume: second.welcome.resume, from: "192.0.2.80").0.closed == .banned
        #expect(isHeld == failed, "what is not written does not let go")
        try await stage.store.limitGrowth(pages: nil)
        let told = await first.link.first { $0.noticeCode == "report_rejected" ? true : nil }
        #expect(told == true)
        #expect(await stage.knock(resume: second.welcome.resume, from: "192.0.2.81").0.closed == nil)
    }
}

extension Stage {
    /// Two people who have met by text, each of a household of their own.
    func textPair() async throws -> (Person, Person, PairID) {
        let number = await switchboard.status().peers + 1
        let first = try await person(from: "198.51.100.\(number)")
        let second = try await person(from: "198.51.100.\(number + 100)")
        for person in [first, second] { await person.say(.join(JoinRequest(media: .text))) }
        return (first, second, try #require(await first.link.first(\.matchedPair)))
    }

    /// Lets the database grow no more.
    func fillDisk() async throws { try await store.limitGrowth(pages: 0) }
}

extension ServerMessage {
    var noticeCode: String? { if case .notice(let code, _) = self { code } else { nil } }
    var banned: (decision: String, statement: Statement)? {
        if case .banned(_, let decision, let statement) = self { (decision, statement) } else { nil }
    }
    var appealed: String? { if case .appealReceived(let decision) = self { decision } else { nil } }
}
