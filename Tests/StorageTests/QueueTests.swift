import Foundation
import ReferenceTools
import RelayTypes
import Testing

@testable import Storage

@Suite("The queue of reports shows the most urgent first, each once")
struct QueueTests {
    private func decision(_ report: ReportRecord, _ outcome: DecisionRecord.Outcome) -> DecisionRecord {
        DecisionRecord(
            id: DecisionID("d-" + report.id.text), report: report.id, madeAt: start, by: "op",
            byKind: .operator, outcome: outcome, action: .none, groundKind: .incompatible, ground: "3",
            facts: "seen")
    }

    private let draft = AuditDraft(at: start, who: "op", what: .decisionMade)

    @Test("page by page, whatever the size of a page", arguments: [1, 2, 3, 7, 100])
    func pages(size: Int) async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        var random = SplitMix64(seed: UInt64(size))
        var all: [(record: ReportRecord, isDecided: Bool)] = []
        for number in 0..<30 {
            // Few values, so that priorities and times often agree.
            var one = report(
                "r-\(number)", at: start.addingTimeInterval(Double(Int.random(in: 0..<4, using: &random))))
            one.priority = Int.random(in: -1...1, using: &random)
            try await store.save(one)
            let isDecided = Int.random(in: 0..<3, using: &random) == 0
            if isDecided {
                try await store.decide(decision(one, .upheld), ban: nil, liftsBan: nil, audit: draft)
            }
            all.append((one, isDecided))
        }
        let expected = all.sorted { one, other in
            (one.isDecided ? 1 : 0, -one.record.priority, one.record.receivedAt, one.record.id.text)
                < (
                    other.isDecided ? 1 : 0, -other.record.priority, other.record.receivedAt,
                    other.record.id.text
                )
        }
        for state in ReportState.allCases {
            let wanted = expected.filter { state == .all || $0.isDecided == (state == .decided) }
                .map(\.record.id)
            var found: [ReportID] = []
            var cursor: ReportCursor?
            repeat {
                let page = try await store.reports(state, limit: size, after: cursor)
                #expect(page.reports.count <= size)
                found += page.reports.map(\.id)
                // As it comes back over HTTP.
                cursor = try page.next.map { try #require(ReportCursor($0.text)) }
                #expect(cursor == page.next)
            } while cursor != nil
            #expect(found == wanted, "\(state), seed \(size)")
        }
        #expect(try await store.openReports() == all.count { !$0.isDecided })
    }

    @Test("a line of it tells what the report is, and a changed priority moves it")
    func summary() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let full = Planted(name: "a").report
        try await store.save(full)
        try await store.save(report("other"))
        let summary = ReportSummary(
            id: full.id, receivedAt: full.receivedAt, priority: 42, reason: full.reason, origin: full.origin,
            source: full.source, reporter: full.reporter, reported: full.reported, pair: full.pair,
            live: true,
            retention: .violation, outcome: nil, decisions: 0)
        #expect(try await store.reports(.open, limit: 1, after: nil).reports == [summary])
        try await store.setPriority(43, of: ReportID("other"))
        #expect(try await store.reports(.open, limit: 1, after: nil).reports.map(\.id.text) == ["other"])
    }

    @Test(
        "a cursor that nobody gave is no cursor",
        arguments: ["", "0", "2.0.0.x", "0.a.0.x", "0.0.0.", "0.0.b.x"])
    func cursors(text: String) {
        #expect(ReportCursor(text) == nil)
    }
}

@Suite("Many reports count by the people behind them")
struct ReporterTests {
    private let keys = BanKeys(newest: [UInt8](repeating: 1, count: 32))

    private func save(
        _ id: String, by peer: String?, marks: [BanMark] = [], about reported: String = "ben",
        marks reportedMarks: [BanMark] = [], at seconds: Double = 0, _ outcome: DecisionRecord.Outcome? = nil,
        in store: SQLiteStore
    ) async throws {
        var one = report(id, at: start.addingTimeInterval(seconds))
        one.reporter = peer.map(PeerID.init)
        one.reported = PeerID(reported)
        one.reporterMarks = marks
        one.reportedMarks = reportedMarks
        one.source = peer == nil ? "hotline" : "peer"
        try await store.save(one)
        guard let outcome else { return }
        let decision = DecisionRecord(
            id: DecisionID("d-" + id), report: one.id, madeAt: start, by: "op", byKind: .operator,
            outcome: outcome, action: .none, groundKind: .illegal, ground: "3", facts: "seen")
        try await store.decide(
            decision, ban: nil, liftsBan: nil, audit: AuditDraft(at: start, who: "op", what: .decisionMade))
    }

    @Test("a reporter's standing follows the marks from peer to peer, and counts a report once")
    func standing() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let lineage = keys.mark(.lineage, "x")
        let identity = keys.mark(.identity, "y")
        try await save("a", by: "p1", marks: [lineage, identity], .upheld, in: store)
        try await save("b", by: "p2", marks: [lineage], .rejected, in: store)
        try await save("c", by: "p3", marks: [identity], .rejected, in: store)
        try await save("d", by: "p2", .rejected, in: store)
        try await save("e", by: "p2", marks: [lineage], in: store)
        try await save("f", by: "p9", marks: [keys.mark(.lineage, "z")], .upheld, in: store)
        #expect(
            try await store.reporterStanding(of: PeerID("p2"), marks: [lineage, identity])
                == ReporterStanding(upheld: 1, rejected: 3))
        #expect(
            try await store.reporterStanding(of: nil, marks: [identity])
                == ReporterStanding(upheld: 1, rejected: 1))
        #expect(try await store.reporterStanding(of: PeerID("new"), marks: []) == ReporterStanding())
    }

    @Test("strangers are those who share no handle, also through a third")
    func strangers() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore.open(path: folder.file("a.sqlite"))
        let (home, phone) = (keys.mark(.address, "home"), keys.mark(.lineage, "phone"))
        let culprit = keys.mark(.lineage, "ben")
        try await save("1", by: "a", marks: [home], at: 1, in: store)
        try await save("2", by: "b", marks: [phone], about: "ben2", marks: [culprit], at: 2, in: store)
        try await save("3", by: "c", marks: [keys.mark(.lineage, "far")], at: 3, .rejected, in: store)
        try await save("4", by: nil, at: 4, in: store)
        try await save("5", by: nil, at: 5, in: store)
        try await save("6", by: "f", about: "somebody else", at: 6, in: store)
        try await save("7", by: "a", at: 0.5, .upheld, in: store)
        func reports(since: Double, marks: [BanMark] = [culprit]) async throws -> [String] {
            try await store.strangersReports(
                against: PeerID("ben"), marks: marks, since: start.addingTimeInterval(since)
            )
            .map(\.report.text)
        }
        #expect(try await reports(since: 0) == ["5", "3", "2", "1"])
        #expect(try await reports(since: 0, marks: []) == ["5", "3", "1"])
        #expect(try await reports(since: 2) == ["5", "3"])
        // One report with both handles: two who seemed strangers are one.
        try await save("8", by: "g", marks: [home, phone], at: 0.1, in: store)
        #expect(try await reports(since: 0) == ["5", "3", "2"])
        let found = try await store.strangersReports(against: PeerID("ben"), marks: [culprit], since: start)
        #expect(found.map(\.standing.rejected) == [0, 1, 0])
        #expect(found.map(\.standing.upheld) == [0, 0, 1])
        #expect(found.map(\.reporter?.text) == [nil, "c", "b"])
        #expect(found.map(\.outcome) == [nil, .rejected, nil])
    }
}
