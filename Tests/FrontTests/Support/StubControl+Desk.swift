import RelayTestKit
import RelayTypes
import Storage

@testable import Switchboard

/// Reports, appeals and the audit log, as far as routes need them.
extension StubControl {
    static let report = ReportID("report-0123456789ab")
    static let appeal = AppealID("appeal-0123456789ab")

    func reports(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?, by who: Operator
    ) async throws(AdminError) -> ReportListView {
        note("reports \(state.rawValue) \(limit) \(cursor?.text ?? "-")", who)
        return ReportListView(reports: [])
    }

    func report(_ id: ReportID, by who: Operator) async throws(AdminError) -> ReportView {
        throw .unknownReport(id)
    }

    func exportCase(_ id: ReportID, by who: Operator) async throws(AdminError) -> CaseView {
        throw .unknownReport(id)
    }

    func take(_ report: OutsideReport) async throws(AdminError) -> OutsideReportReceipt {
        guard report.reason != "rudeness" else { throw .unknownReason(report.reason) }
        state.update { $0.outside.append(report) }
        return OutsideReportReceipt(
            reports: [Self.report], pair: Self.pair, cut: true, inForceMicroseconds: 12)
    }

    func sourceRefused(isFirst: Bool) async { state.update { $0.refused.append(isFirst) } }

    func decide(_ order: DecisionOrder, by who: Operator) async throws(AdminError) -> DecisionReceipt {
        guard order.report == Self.report else { throw .unknownReport(order.report) }
        state.update { $0.decisions.append(order) }
        note("decide", who)
        return DecisionReceipt(decision: DecisionID("decision-1"), report: order.report)
    }

    func setLegalHold(
        _ isHeld: Bool, on id: ReportID, because reason: String, by who: Operator
    ) async throws(AdminError) -> CaseNoteView {
        guard id == Self.report else { throw .unknownReport(id) }
        note("hold \(isHeld) \(reason)", who)
        return CaseNoteView(report: id, held: isHeld)
    }

    func refer(
        _ id: ReportID, to receiver: String, reference: String?, note text: String?, by who: Operator
    ) async throws(AdminError) -> CaseNoteView {
        guard id == Self.report else { throw .unknownReport(id) }
        note("refer \(receiver) \(reference ?? "-") \(text ?? "-")", who)
        return CaseNoteView(report: id, to: receiver)
    }

    func appeals(_ state: AppealState, by who: Operator) async throws(AdminError) -> AppealListView {
        note("appeals \(state.rawValue)", who)
        return AppealListView(appeals: [])
    }

    func decideAppeal(_ order: AppealOrder, by who: Operator) async throws(AdminError) -> AppealReceipt {
        guard order.appeal == Self.appeal else { throw .unknownAppeal(order.appeal) }
        note("appeal \(order.outcome.rawValue)", who)
        return AppealReceipt(decision: DecisionID("decision-2"), appeal: order.appeal)
    }

    func auditPage(after number: Int, limit: Int) async throws(AdminError) -> AuditPageView {
        state.update { $0.calls.append("audit \(number) \(limit)") }
        return AuditPageView(entries: [], head: .init(number: 0, hash: ""))
    }

    func verifyAudit() async throws(AdminError) -> AuditVerdictView {
        AuditVerdictView(entries: 3, sound: false, faults: [.init(number: 2, what: "changed")])
    }

    func retention() async throws(AdminError) -> RetentionListView {
        throw .storage(.full(path: "/run/tidegate.sqlite"))
    }

    func runRetention(isDryRun: Bool, by who: Operator) async throws(AdminError) -> RetentionRunView {
        note("retention \(isDryRun)", who)
        return RetentionRunView(
            deleted: .init(reports: 1, pairs: 2, decisions: 3, appeals: 4, bans: 5, audit: 6),
            dryRun: isDryRun)
    }

    func capture(_ order: CaptureOrder, by who: Operator) async throws(CaptureRefusal) -> PairCapture {
        note("capture \(order.pair.text) \(order.seconds) \(order.headersOnly)", who)
        if order.pair.text == "busy" { throw .busy }
        if order.pair.text == "unlogged" { throw .notAudited }
        throw .unknownPair
    }

    func doctor() async -> DoctorReport {
        DoctorReport(
            version: "1", now: "2030-01-31T12:00:00.000Z", configSHA256: "00", media: [],
            checks: [DoctorCheck("disk_space", .warn, "little is free", remedy: "make room")])
    }

    func doctorLeg(onWorker worker: Int) async throws(DoctorRefusal) -> DoctorLeg {
        guard worker == 0 else { throw .unknownWorker }
        throw .noRoom
    }

    private func note(_ call: String, _ who: Operator) {
        state.update {
            $0.calls.append(call)
            $0.operators.append(who.name)
        }
    }
}
