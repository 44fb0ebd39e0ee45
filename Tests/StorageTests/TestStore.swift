import Foundation
import GRDB
import RelayTypes

@testable import Storage

/// A folder that is removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tidegate-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Midnight on 15 January 2027, in UTC.
let start = Date(timeIntervalSince1970: 1_800_000_000)

func report(_ id: String, at date: Date = start, comment: String? = nil) -> ReportRecord {
    ReportRecord(
        id: ReportID(id), receivedAt: date, reporter: PeerID("anna"), reported: PeerID("ben"),
        pair: PairID("p-1"),
        reporterSide: .second, pairStartedAt: start, reason: "spam", comment: comment, live: true,
        offsetMilliseconds: 1_234)
}

extension ReportRecord {
    /// As the default retention keeps it: what is read knows its end.
    var kept: ReportRecord {
        var kept = self
        kept.keepUntil = kept.keepUntil ?? kept.receivedAt.addingTimeInterval(Retention().noViolation)
        return kept
    }
}

func pair(_ id: String, from date: Date = start, to end: Date? = nil) -> PairRecord {
    PairRecord(
        pair: PairID(id), startedAt: date, endedAt: end,
        first: PairSideRecord(peer: PeerID("anna"), band: Band("adult"), receipt: "\(id)-first"),
        second: PairSideRecord(peer: PeerID("ben"), band: nil, receipt: "\(id)-second"))
}

extension PairRecord {
    /// Into the tables of the first version.
    func writeAsAtFirst(to db: Database) throws {
        try db.execute(
            sql: "INSERT INTO pair (id, started_at, ended_at) VALUES (?, ?, ?)",
            arguments: [pair.text, startedAt.milliseconds, endedAt?.milliseconds])
        for (side, record) in [first, second].enumerated() {
            try db.execute(
                sql: "INSERT INTO pair_side (pair, side, peer, band, receipt_hash) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    pair.text, side, record.peer.text, record.band?.text, Data(record.receiptHash.bytes),
                ])
        }
    }
}
