internal import FoundationEssentials
internal import GRDB
package import RelayTypes

/// Whom a report is about, and what they showed.
package struct ReportedPerson: Sendable, Equatable {
    package let report: ReportID
    package let peer: PeerID
    package private(set) var marks: [BanMark]
}

extension ReportedPerson {
    /// One walk along the queue: a server with many open reports must be up in a second.
    static func find(_ reason: String, among most: Int, in db: Database) throws -> [ReportedPerson] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT head.id AS id, head.reported AS reported, report_mark.handle AS handle, report_mark.hash AS hash
                FROM (
                    SELECT id, reported, reason FROM report WHERE decided = 0
                    ORDER BY priority DESC, received_at, id LIMIT ?
                ) AS head
                LEFT JOIN report_mark ON report_mark.report = head.id AND report_mark.role = 'reported'
                WHERE head.reason = ?
                """,
            arguments: [most, reason])
        var found: [ReportedPerson] = []
        var places: [String: Int] = [:]
        while let row = try rows.next() {
            guard let id = row["id"] as String?, let reported = row["reported"] as String? else { continue }
            let place = places[id] ?? found.count
            if place == found.count {
                found.append(ReportedPerson(report: ReportID(id), peer: PeerID(reported), marks: []))
                places[id] = place
            }
            if let mark = BanMark(row) { found[place].marks.append(mark) }
        }
        return found
    }
}
