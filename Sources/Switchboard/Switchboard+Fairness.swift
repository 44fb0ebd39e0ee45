import Foundation
import Logging
import Policy
import RelayTypes
package import Storage

/// What follows from a report besides the cut.
extension Switchboard {
    /// Most open reports that are looked through at the start for people to hold.
    private static let mostHeldAtStart = 20_000

    /// What can be said before anything has been looked up.
    func firstAssessment(of record: ReportRecord, origin: ReportOriginKind) -> ReportAssessment {
        ReportAssessment(
            ReportFacts(
                origin: origin, isAboutMinor: record.reason == configuration.minorReason,
                strangers: origin == .peer ? [.full] : []), riskAfter: 0)
    }

    /// Looks up who else has reported this person, and moves the report in the queue.
    ///
    /// Nothing waits for it: the pair was cut, and the report is on disk. Where this person's reports are looked at
    /// already, this one is looked at next, with all that have come meanwhile.
    func assess(_ record: ReportRecord, origin: ReportOriginKind) async {
        await withCheckedContinuation { continuation in
            let item = AssessmentQueue.Item(record: record, origin: origin) { continuation.resume() }
            guard assessments.add(item) else { return }
            Task {
                while let reports = assessments.take(about: record.reported) {
                    await weigh(reports)
                    for report in reports { report.done() }
                }
            }
        }
    }

    /// - Parameter reports: all about the same person.
    private func weigh(_ reports: [AssessmentQueue.Item]) async {
        guard let newest = reports.last?.record else { return }
        do {
            let marks = Set(reports.flatMap(\.record.reportedMarks)).filter { $0.handle != .address }
            let weights = try await strangers(reporting: newest.reported, marks: marks)
            for report in reports {
                try await move(
                    report.record,
                    as: ReportAssessment(
                        ReportFacts(
                            origin: report.origin,
                            isAboutMinor: report.record.reason == configuration.minorReason,
                            strangers: weights),
                        riskAfter: configuration.riskAfter))
            }
        } catch {
            logger.error(
                "reports not assessed",
                metadata: ["report": "\(newest.id)", "reports": "\(reports.count)", "error": "\(error)"])
        }
    }

    private func move(_ record: ReportRecord, as assessment: ReportAssessment) async throws(StorageError) {
        if assessment.priority != record.priority {
            try await records.store.setPriority(assessment.priority, of: record.id)
        }
        guard assessment.holdsUntilDecided else { return }
        // Held first and looked up second: a decision of this very moment is either found, or ends the hold itself.
        putAtRisk(record.reported, because: record.id, marks: record.reportedMarks)
        if try await !records.store.decisions(of: record.id).isEmpty { endRisk(because: record.id) }
    }

    /// One weight for each stranger; a report that was rejected is no reason for anything.
    private func strangers(
        reporting peer: PeerID, marks: Set<BanMark>
    ) async throws(StorageError) -> [ReportWeight] {
        let since = configuration.wallClock().addingTimeInterval(-Double(configuration.riskWindow))
        return try await records.store.strangersReports(against: peer, marks: Array(marks), since: since)
            .filter { $0.outcome != .rejected }
            .map { ReportWeight(upheld: $0.standing.upheld, rejected: $0.standing.rejected) }
    }

    /// Holds somebody's gates, now and in later pairs, until a report has been decided.
    func putAtRisk(_ peer: PeerID, because report: ReportID, marks known: [BanMark]? = nil) {
        risk.add(report, on: peer, marks: known.map(Set.init) ?? marks(of: peer))
        riskChanged(of: peer)
    }

    /// A report has been decided: whoever was held for it alone is let go.
    func endRisk(because report: ReportID) {
        guard risk.remove(report) != nil else { return }
        riskIsStale = true
        judgeRisk()
    }

    /// Judges the person's own pair at once, and at the next tick every pair: another page may be the same person's.
    private func riskChanged(of peer: PeerID) {
        if let pair = peers[peer]?.pair { judgeRisk(of: pair) }
        riskIsStale = true
    }

    /// Judges every pair where somebody's risk may have changed since the last call.
    func judgeRisk() {
        guard riskIsStale else { return }
        riskIsStale = false
        for pair in Array(pairs.values) { judgeRisk(of: pair) }
    }

    private func judgeRisk(of pair: LivePair) {
        for side in Side.allCases {
            let isAtRisk = risk.holds(pair[side])
            guard pairs[pair.id] != nil, pair.isAtRisk[side] ?? false != isAtRisk else { continue }
            pair.isAtRisk[side] = isAtRisk
            judge(pair, .risk(side, isAtRisk))
        }
    }

    /// Reads who was held when the server went down; before anybody is let in.
    package func loadRisk() async throws(StorageError) {
        let store = records.store
        for person in try await store.reported(for: configuration.minorReason, among: Self.mostHeldAtStart) {
            risk.add(person.report, on: person.peer, marks: Set(person.marks))
        }
        riskIsStale = true
        if try await store.openReports() > Self.mostHeldAtStart {
            logger.warning("not every open report was looked through for people to hold")
        }
        guard configuration.riskAfter > 0 else { return }
        var cursor: ReportCursor?
        var seen = 0
        repeat {
            let page = try await store.reports(.open, limit: 1_000, after: cursor)
            for summary in page.reports where summary.reason != configuration.minorReason {
                guard let record = try await store.report(summary.id) else { continue }
                await assess(record, origin: .peer)
            }
            seen += page.reports.count
            cursor = page.next
        } while cursor != nil && seen < Self.mostHeldAtStart
    }
}
