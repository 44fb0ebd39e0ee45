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
    /// Nothing waits for it: the pair was cut, and the report is on disk.
    func assess(_ record: ReportRecord, origin: ReportOriginKind) async {
        do {
            let weights = try await strangers(behind: record)
            let assessment = ReportAssessment(
                ReportFacts(
                    origin: origin, isAboutMinor: record.reason == configuration.minorReason,
                    strangers: weights), riskAfter: configuration.riskAfter)
            if assessment.priority != record.priority {
                try await records.store.setPriority(assessment.priority, of: record.id)
            }
            guard assessment.holdsUntilDecided else { return }
            if try await records.store.decisions(of: record.id).isEmpty {
                putAtRisk(record.reported, because: record.id, marks: record.reportedMarks)
            }
        } catch {
            logger.error(
                "report not assessed", metadata: ["report": "\(record.id)", "error": "\(error)"])
        }
    }

    private func strangers(behind record: ReportRecord) async throws(StorageError) -> [ReportWeight] {
        let since = configuration.wallClock().addingTimeInterval(-Double(configuration.riskWindow))
        let reports = try await records.store.strangersReports(
            against: record.reported, marks: record.reportedMarks.filter { $0.handle != .address },
            since: since)
        var weights: [ReportWeight] = []
        for report in reports {
            // A report that was rejected is no reason for anything. Looked up only where a rule counts them.
            if configuration.riskAfter > 0, report.report != record.id,
                try await records.store.decisions(of: report.report).last?.outcome == .rejected
            {
                continue
            }
            weights.append(
                ReportWeight(upheld: report.standing.upheld, rejected: report.standing.rejected))
        }
        return weights
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
