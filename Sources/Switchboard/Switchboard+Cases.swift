import Foundation
import Logging
package import RelayTypes
import Sealing
package import Storage

/// Reports and appeals, as operators read them; each access is noted.
extension Switchboard {
    /// Open reports first, then by priority.
    package func reports(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?, by who: Operator = .unnamed
    ) async throws(AdminError) -> ReportListView {
        let page: ReportPage
        do {
            page = try await records.store.reports(state, limit: limit, after: cursor)
        } catch {
            throw .storage(error)
        }
        let isAudited = await audit(.reportList, by: who, on: "", ["state": state.rawValue])
        return ReportListView(
            reports: page.reports.map { row in
                .init(
                    report: row.id, receivedAt: timestamp(row.receivedAt),
                    state: row.decisions == 0 ? "open" : "decided", priority: row.priority,
                    reason: row.reason, origin: row.origin.rawValue, source: row.source,
                    reporter: row.reporter, reported: row.reported, pair: row.pair, live: row.live,
                    decisions: row.decisions)
            },
            cursor: page.next?.text, isAudited: isAudited)
    }

    /// Everything about one report.
    package func report(_ id: ReportID, by who: Operator = .unnamed) async throws(AdminError) -> ReportView {
        let file = try await casefile(id)
        var view = view(of: file)
        view.isAudited = await audit(.reportRead, by: who, on: id.text)
        return view
    }

    /// Everything about one report, for an export.
    package func exportCase(
        _ id: ReportID, by who: Operator = .unnamed
    ) async throws(AdminError) -> CaseView {
        guard try await exists(id) else { throw .unknownReport(id) }
        // Noted first, so that the export holds its own entry.
        let isAudited = await audit(.caseExport, by: who, on: id.text)
        let file = try await casefile(id)
        var report = view(of: file)
        report.isAudited = isAudited
        return CaseView(
            report: report, bans: file.bans.map(report(on:)), audit: file.audit.map(view(of:)),
            head: view(of: file.auditHead))
    }

    private func casefile(_ id: ReportID) async throws(AdminError) -> Casefile {
        do {
            guard let file = try await records.store.casefile(id) else { throw AdminError.unknownReport(id) }
            return file
        } catch {
            throw AdminError(error)
        }
    }

    private func exists(_ id: ReportID) async throws(AdminError) -> Bool {
        do {
            return try await records.store.report(id) != nil
        } catch {
            throw .storage(error)
        }
    }

    /// Freezes a report's retention, or lets it go on.
    package func setLegalHold(
        _ isHeld: Bool, on id: ReportID, because reason: String, by who: Operator = .unnamed
    ) async throws(AdminError) -> CaseNoteView {
        do {
            try await records.store.setLegalHold(
                isHeld, on: id,
                audit: draft(.caseHold, by: who, on: id.text, ["hold": "\(isHeld)", "reason": reason]))
        } catch {
            throw Self.refusal(error, of: id)
        }
        return CaseNoteView(report: id, held: isHeld)
    }

    /// Notes that a report was passed on.
    package func refer(
        _ id: ReportID, to receiver: String, reference: String?, note: String?, by who: Operator = .unnamed
    ) async throws(AdminError) -> CaseNoteView {
        let referral = Referral(
            madeAt: configuration.wallClock(), by: who.name, to: receiver, reference: reference, note: note)
        do {
            try await records.store.addReferral(
                referral, to: id, audit: draft(.reportReferred, by: who, on: id.text, ["to": receiver]))
        } catch {
            throw Self.refusal(error, of: id)
        }
        return CaseNoteView(report: id, to: receiver)
    }

    private static func refusal(_ error: StorageError, of id: ReportID) -> AdminError {
        if case .unknown = error { .unknownReport(id) } else { .storage(error) }
    }

    /// Most appeals of one list.
    private static let mostAppeals = 1_000

    /// Appeals, oldest first.
    package func appeals(
        _ state: AppealState, by who: Operator = .unnamed
    ) async throws(AdminError) -> AppealListView {
        do {
            var views: [AppealView] = []
            for appeal in try await records.store.appeals(state, limit: Self.mostAppeals) {
                let decision = try await records.store.decision(appeal.decision)
                views.append(view(of: appeal, about: decision?.report))
            }
            return AppealListView(
                appeals: views,
                isAudited: await audit(.appealList, by: who, on: "", ["state": state.rawValue]))
        } catch {
            throw AdminError(error)
        }
    }

    // MARK: Views

    private func view(of file: Casefile) -> ReportView {
        let report = file.report
        let side = report.reporterSide ?? .first
        return ReportView(
            report: report.id, receivedAt: timestamp(report.receivedAt),
            state: file.decisions.isEmpty ? "open" : "decided", priority: report.priority,
            reason: report.reason, comment: report.comment, origin: report.origin.rawValue,
            source: report.source, reporter: report.reporter, reporterBand: report.reporterBand,
            reported: report.reported, reportedBand: report.reportedBand, pair: report.pair,
            pairStartedAt: report.pairStartedAt.map(timestamp),
            pairEndedAt: report.pairEndedAt.map(timestamp), sharedInterests: report.sharedInterests,
            live: report.live, offsetMilliseconds: report.offsetMilliseconds,
            inForceMicroseconds: report.cutInForceMicroseconds,
            proof: report.proof.map { view(of: $0, reporter: side) }, chatMessages: report.chatMessages,
            chat: report.transcript.map { line in
                .init(
                    at: timestamp(line.at), from: line.from == side ? "reporter" : "reported",
                    text: line.text, held: line.wasHeld ? true : nil)
            },
            signals: report.signals,
            captureEvents: report.captureEvents.map { Data($0.bytes).base64EncodedString() },
            decisions: file.decisions.map(view(of:)),
            appeals: file.appeals.map { view(of: $0, about: report.id) },
            referrals: report.referrals.map {
                .init(at: timestamp($0.madeAt), by: $0.by, to: $0.to, reference: $0.reference, note: $0.note)
            },
            retention: .init(kind: report.retention.rawValue, until: report.keepUntil.map(timestamp)))
    }

    private func view(of proof: CutProof, reporter: Side) -> ReportView.Proof {
        ReportView.Proof(
            holdsBefore: view(of: proof.holdsBefore, reporter: reporter),
            holdsAfter: view(of: proof.holdsAfter, reporter: reporter),
            inForceAt: timestamp(proof.inForceAt), lastPacketAt: proof.lastPacketAt.map(timestamp),
            latencyMicroseconds: proof.latencyMicroseconds, packetsDroppedSince: proof.packetsDroppedSince,
            countedUntil: proof.countedUntil.map(timestamp))
    }

    private func view(of gates: PairGates, reporter: Side) -> [String: [String: [String]]] {
        func sender(_ side: Side) -> [String: [String]] {
            Dictionary(uniqueKeysWithValues: Channel.allCases.map { ($0.name, gates[side, $0].names) })
        }
        return ["reporter": sender(reporter), "reported": sender(reporter.other)]
    }

    private func view(of decision: DecisionRecord) -> DecisionView {
        DecisionView(
            decision: decision.id, report: decision.report, appeal: decision.appeal, peer: decision.peer,
            madeAt: timestamp(decision.madeAt), by: decision.by, byKind: decision.byKind.rawValue,
            outcome: decision.outcome.rawValue, action: decision.action.rawValue,
            until: decision.until.map(timestamp), groundKind: decision.groundKind.rawValue,
            ground: decision.ground, facts: decision.facts,
            automatedDetection: decision.automatedDetection, automatedDecision: decision.automatedDecision,
            statement: decision.statement, overturns: decision.overturns)
    }

    private func view(of appeal: AppealRecord, about report: ReportID?) -> AppealView {
        AppealView(
            appeal: appeal.id, decision: appeal.decision, report: report,
            receivedAt: timestamp(appeal.receivedAt), text: appeal.text, answeredBy: appeal.answeredBy)
    }
}
