import Foundation
import RelayTypes
import Signalling
import Storage
import Testing

@testable import Switchboard

@Suite("The audit log tells who did what") struct AuditTests {
    @Test("orders, bans, reading, deciding and holding, each under the operator's name") func everything()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let mo = try #require(Operator("Mo"))
        let desk = stage.switchboard
        await desk.noteStart(configurationHash: "abc")
        let (first, second, pair) = try await stage.openPair()
        for action in [OperatorOrder.Action.hold, .release, .cut] {
            _ = try await desk.order(OperatorOrder(action: action, pair: pair, reason: "look"), by: mo)
        }
        await first.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let record = try #require(try await stage.report(by: first))
        _ = try await desk.reports(.open, limit: 10, after: nil, by: mo)
        _ = try await desk.report(record.id, by: mo)
        _ = try await desk.setLegalHold(true, on: record.id, because: "police", by: mo)
        _ = try await desk.refer(record.id, to: "hotline", reference: nil, note: nil, by: mo)
        _ = try await desk.decide(
            DecisionOrder(
                report: record.id, outcome: .upheld, action: .none, ground: "rule 1", facts: "seen"), by: mo)
        let ban = try await desk.ban(
            BanOrder(peer: second.welcome.peer, reason: "rule 3", facts: "what happened"), by: mo)
        _ = try await desk.liftBan(ban.ban, by: mo)
        _ = try await desk.runRetention(isDryRun: false, by: mo)
        let file = try await desk.exportCase(record.id, by: mo)
        let entries = try await desk.auditPage(after: 0, limit: 100)
        #expect(
            entries.entries.map(\.what) == [
                "server.started", "order.hold", "order.release", "order.cut", "report.list", "report.read",
                "case.hold", "report.referred", "decision.made", "peer.ban", "ban.lift", "retention.ran",
                "case.export",
            ])
        #expect(
            entries.entries.first?.who == "server" && Set(entries.entries.dropFirst().map(\.who)) == ["Mo"])
        #expect(entries.entries.first?.details == #"{"config_sha256":"abc"}"#)
        #expect(entries.entries[3].subject == pair.text)
        #expect(
            entries.entries.allSatisfy {
                !$0.details.contains("127.0.0.1") && !$0.details.contains("what happened")
            })
        #expect(file.audit.map(\.what).contains("case.export") && file.report.referrals.count == 1)
        #expect(try await desk.verifyAudit().sound)
        #expect(try await desk.auditPage(after: 12, limit: 100).entries.map(\.number) == [13])
        let shown = try await desk.report(record.id)
        #expect(
            shown.retention.kind == "legal_hold" && shown.decisions.count == 1 && shown.state == "decided")
    }

    @Test("a cut is in force before its entry, and stands without one; the answer says so, and readyz")
    func fullDisk()
        async throws
    {
        let stage = try await Stage()
        defer { stage.close() }
        let (_, _, pair) = try await stage.openPair()
        try await stage.fillDisk()
        let reason = String(repeating: "x", count: 500)
        var receipt: OrderReceipt?
        for _ in 0..<200 where receipt?.isAudited != false {
            receipt = try await stage.switchboard.order(
                OperatorOrder(action: .hold, pair: pair, reason: reason))
        }
        #expect(receipt?.isAudited == false)
        #expect(stage.media.gates?[.first, .audio].contains(.moderator) == true)
        let cut = try await stage.switchboard.order(OperatorOrder(action: .cut, pair: pair, reason: reason))
        #expect(stage.media.parted == 1 && cut.isAudited == false)
        #expect(await !stage.switchboard.isReady().ready)
    }

    @Test(
        "a name that could forge a line is none",
        arguments: ["", "a\nb", "a\u{0}b", String(repeating: "x", count: 65)])
    func names(name: String) {
        #expect(Operator(name) == nil)
    }

    @Test("retention is shown by class, and a dry run deletes nothing") func retention() async throws {
        let clock = HandDate()
        let stage = try await Stage { $0.wallClock = { clock.now } }
        defer { stage.close() }
        let (first, _, pair) = try await stage.textPair()
        await first.say(.report(ReportRequest(reason: "spam", pair: pair)))
        let record = try #require(try await stage.report(by: first))
        clock.advance(91 * 86_400)
        let classes = try await stage.switchboard.retention().classes
        #expect(classes.first { $0.name == "no_violation" }.map { [$0.records, $0.due] } == [1, 1])
        #expect(try await stage.switchboard.runRetention(isDryRun: true).deleted.reports == 1)
        #expect(try await stage.store.report(record.id) != nil)
        #expect(try await stage.switchboard.runRetention(isDryRun: false).deleted.reports == 1)
        #expect(try await stage.store.report(record.id) == nil)
        await #expect(throws: AdminError.unknownReport(record.id)) {
            try await stage.switchboard.report(record.id)
        }
    }
}
