internal import FoundationEssentials
internal import GRDB
internal import RelayTypes

/// The queue of reports, page by page.
enum ReportQueue {
    static func page(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?, in db: Database
    ) throws -> ReportPage {
        let limit = max(limit, 1)
        var found: [ReportSummary] = []
        for isDecided in parts(of: state, from: cursor) {
            let start = cursor.flatMap { $0.isDecided == isDecided ? $0 : nil }
            // One more than asked for tells whether there is a next page.
            let rows = try rows(isDecided, limit: limit + 1 - found.count, after: start, in: db)
            found += rows.compactMap(ReportSummary.init)
            if found.count > limit { break }
        }
        guard found.count > limit, let last = found.prefix(limit).last else {
            return ReportPage(reports: found, next: nil)
        }
        return ReportPage(
            reports: Array(found.prefix(limit)),
            next: ReportCursor(
                isDecided: last.outcome != nil, priority: last.priority, receivedAt: last.receivedAt,
                id: last.id))
    }

    private static func parts(of state: ReportState, from cursor: ReportCursor?) -> [Bool] {
        let parts =
            switch state {
            case .open: [false]
            case .decided: [true]
            case .all: [false, true]
            }
        return cursor?.isDecided == true ? parts.filter { $0 } : parts
    }

    private static func rows(
        _ isDecided: Bool, limit: Int, after cursor: ReportCursor?, in db: Database
    ) throws -> [Row] {
        let columns = """
            SELECT id, received_at, priority, reason, origin, source, reporter, reported, pair, live, retention,
                legal_hold, outcome,
                (SELECT count(*) FROM decision WHERE decision.report = report.id) AS decisions
            FROM report WHERE decided = ?
            """
        let order = "ORDER BY priority DESC, received_at, id LIMIT ?"
        let decided = isDecided ? 1 : 0
        guard let cursor else {
            return try Row.fetchAll(db, sql: "\(columns) \(order)", arguments: [decided, limit])
        }
        // The first condition is what the index is entered by.
        return try Row.fetchAll(
            db,
            sql: """
                \(columns) AND priority <= ? AND (priority < ? OR (received_at, id) > (?, ?)) \(order)
                """,
            arguments: [
                decided, cursor.priority, cursor.priority, cursor.receivedAt.milliseconds, cursor.id.text,
                limit,
            ])
    }
}

extension ReportSummary {
    fileprivate init?(_ row: Row) {
        guard let id = row["id"] as String?, let receivedAt = row.date("received_at"),
            let priority = row["priority"] as Int?, let reason = row["reason"] as String?,
            let origin = (row["origin"] as String?).flatMap(ReportOrigin.init),
            let source = row["source"] as String?, let reported = row["reported"] as String?,
            let live = row["live"] as Bool?, let isHeld = row["legal_hold"] as Bool?,
            let retention = (row["retention"] as String?).flatMap(RetentionClass.init),
            let decisions = row["decisions"] as Int?
        else { return nil }
        self.init(
            id: ReportID(id), receivedAt: receivedAt, priority: priority, reason: reason, origin: origin,
            source: source, reporter: (row["reporter"] as String?).map(PeerID.init),
            reported: PeerID(reported), pair: (row["pair"] as String?).map(PairID.init), live: live,
            retention: isHeld ? .legalHold : retention,
            outcome: (row["outcome"] as String?).flatMap(DecisionRecord.Outcome.init), decisions: decisions)
    }
}
