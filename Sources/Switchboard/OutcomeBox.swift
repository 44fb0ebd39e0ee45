import RelayTypes
import Signalling
import Storage

/// What reporters are to be told once they are back: found by their account or page, or by the pair of a receipt.
struct OutcomeBox {
    private struct Place: Hashable {
        let pair: PairID
        let side: Side
    }

    /// Most reports whose outcome waits for its reporter.
    private static let capacity = 20_000

    private var byMark: ExpiringTable<BanMark, [ReportID]>
    private var byPlace: ExpiringTable<Place, [ReportID]>
    private var messages: ExpiringTable<ReportID, ServerMessage>

    /// - Parameter lifetime: in seconds.
    init(lifetime: UInt64) {
        byMark = ExpiringTable(lifetime: lifetime, capacity: 2 * Self.capacity)
        byPlace = ExpiringTable(lifetime: lifetime, capacity: Self.capacity)
        messages = ExpiringTable(lifetime: lifetime, capacity: Self.capacity)
    }

    /// Keeps the latest word on a report.
    mutating func put(_ message: ServerMessage, on report: ReportRecord, at now: MonotonicInstant) {
        messages.set(report.id, to: message, at: now)
        for mark in report.reporterMarks where mark.handle != .address {
            byMark.set(mark, to: (byMark[mark] ?? []).filter { $0 != report.id } + [report.id], at: now)
        }
        if let pair = report.pair, let side = report.reporterSide {
            let place = Place(pair: pair, side: side)
            byPlace.set(place, to: (byPlace[place] ?? []).filter { $0 != report.id } + [report.id], at: now)
        }
    }

    /// What somebody with these handles has not been told yet.
    mutating func take(for handles: BanHandles) -> [ServerMessage] {
        take(
            handles.all.flatMap { mark -> [ReportID] in
                defer { byMark.remove(mark) }
                return byMark[mark] ?? []
            })
    }

    /// What the holder of a side's receipt has not been told yet.
    mutating func take(for pair: PairID, _ side: Side) -> [ServerMessage] {
        let place = Place(pair: pair, side: side)
        defer { byPlace.remove(place) }
        return take(byPlace[place] ?? [])
    }

    private mutating func take(_ reports: [ReportID]) -> [ServerMessage] {
        reports.compactMap { report in
            defer { messages.remove(report) }
            return messages[report]
        }
    }

    mutating func forget(at now: MonotonicInstant) {
        byMark.forget(at: now)
        byPlace.forget(at: now)
        messages.forget(at: now)
    }
}
