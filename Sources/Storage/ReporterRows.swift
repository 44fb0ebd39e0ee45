internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// What reporters have done before, found by what they are known by.
extension ReporterStanding {
    static func find(of peers: Set<String>, marks: Set<BanMark>, in db: Database) throws -> ReporterStanding {
        let outcomes = try KnownBy.outcomes(ofReportsBy: peers, marks: marks, in: db).values
        return ReporterStanding(
            upheld: outcomes.count { $0 == DecisionRecord.Outcome.upheld.rawValue },
            rejected: outcomes.count { $0 == DecisionRecord.Outcome.rejected.rawValue })
    }
}

extension StrangerReport {
    /// - Parameter most: how many reports are looked at: the newest.
    static func find(
        against peer: PeerID, marks: [BanMark], since: Date, most: Int, in db: Database
    ) throws -> [StrangerReport] {
        let reports = try KnownBy.reports(about: peer, marks: marks, since: since, most: most, in: db)
        return try groups(of: reports)
            .map { group in
                StrangerReport(
                    report: group.newest.id, receivedAt: group.newest.receivedAt, reason: group.newest.reason,
                    reporter: group.newest.reporter,
                    standing: try ReporterStanding.find(of: group.peers, marks: group.marks, in: db),
                    outcome: group.newest.outcome)
            }
    }

    /// Reporters who are one person.
    private struct Group {
        let newest: KnownBy.Report
        /// Each is a peer, a mark, or the outside source where there is neither.
        var handles: Set<String>
        var peers: Set<String>
        var marks: Set<BanMark>
    }

    /// - Parameter reports: newest first, as the result is.
    private static func groups(of reports: [KnownBy.Report]) -> [Group] {
        var groups: [Group] = []
        for report in reports {
            let name = report.reporter.map { "peer:\($0.text)" } ?? "source:\(report.source)"
            let peers = Set([report.reporter?.text].compactMap { $0 })
            var joined = Group(
                newest: report, handles: report.handles.union([name]), peers: peers, marks: report.marks)
            var place = groups.endIndex
            // A report may show that two who seemed strangers are one.
            for index in groups.indices.reversed()
            where !groups[index].handles.isDisjoint(with: joined.handles) {
                let other = groups.remove(at: index)
                joined = Group(
                    newest: other.newest, handles: joined.handles.union(other.handles),
                    peers: joined.peers.union(other.peers), marks: joined.marks.union(other.marks))
                place = index
            }
            groups.insert(joined, at: place)
        }
        return groups
    }
}

/// Finds reports by what the people in them are known by.
enum KnownBy {
    struct Report {
        let id: ReportID
        let receivedAt: Date
        let reason: String
        let source: String
        let reporter: PeerID?
        let outcome: DecisionRecord.Outcome?
        /// The reporter's.
        let marks: Set<BanMark>

        var handles: Set<String> { Set(marks.map { "\($0.handle.rawValue):\($0.hash)" }) }
    }

    /// - Returns: outcomes by report, of decided ones.
    static func outcomes(
        ofReportsBy peers: Set<String>, marks: Set<BanMark>, in db: Database
    ) throws -> [String: String] {
        var rows: [Row] = []
        for peer in peers {
            rows += try Row.fetchAll(
                try db.cachedStatement(
                    sql: "SELECT id, outcome FROM report WHERE reporter = ? AND decided = 1"),
                arguments: [peer])
        }
        for mark in marks {
            rows += try Row.fetchAll(
                try db.cachedStatement(
                    sql: """
                        SELECT report.id, report.outcome FROM report_mark
                        JOIN report ON report.id = report_mark.report
                        WHERE report_mark.hash = ? AND role = 'reporter' AND handle = ? AND report.decided = 1
                        """),
                arguments: [Data(mark.hash), mark.handle.rawValue])
        }
        return rows.reduce(into: [:]) { found, row in
            if let id = row["id"] as String?, let outcome = row["outcome"] as String? { found[id] = outcome }
        }
    }

    /// - Returns: newest first.
    static func reports(
        about peer: PeerID, marks: [BanMark], since: Date, most: Int, in db: Database
    ) throws -> [Report] {
        let columns =
            "report.id, report.received_at, report.reason, report.source, report.reporter, report.outcome"
        var rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(columns) FROM report WHERE reported = ? AND received_at > ?
                ORDER BY received_at DESC LIMIT ?
                """,
            arguments: [peer.text, since.milliseconds, most])
        for mark in marks {
            rows += try Row.fetchAll(
                db,
                sql: """
                    SELECT \(columns) FROM report_mark JOIN report ON report.id = report_mark.report
                    WHERE report_mark.hash = ? AND role = 'reported' AND handle = ? AND report.received_at > ?
                    ORDER BY report.received_at DESC LIMIT ?
                    """,
                arguments: [Data(mark.hash), mark.handle.rawValue, since.milliseconds, most])
        }
        var found: [String: Report] = [:]
        for row in rows {
            guard let id = row["id"] as String?, found[id] == nil, let receivedAt = row.date("received_at"),
                let reason = row["reason"] as String?, let source = row["source"] as String?
            else { continue }
            let marks = try Row.fetchAll(
                try db.cachedStatement(
                    sql: "SELECT handle, hash FROM report_mark WHERE report = ? AND role = 'reporter'"),
                arguments: [id])
            found[id] = Report(
                id: ReportID(id), receivedAt: receivedAt, reason: reason, source: source,
                reporter: (row["reporter"] as String?).map(PeerID.init),
                outcome: (row["outcome"] as String?).flatMap(DecisionRecord.Outcome.init),
                marks: Set(marks.compactMap(BanMark.init)))
        }
        let sorted = found.values.sorted { ($0.receivedAt, $0.id.text) > ($1.receivedAt, $1.id.text) }
        return Array(sorted.prefix(most))
    }
}
