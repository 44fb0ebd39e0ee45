package import RelayTypes
package import Signalling
package import Storage
package import Switchboard

/// What the front door asks of the control plane.
///
/// The ``Switchboard`` is one; tests have a smaller one.
package protocol ControlPlane: WorkerControl, DrainControl, InsightControl, CaptureControl, DoctorControl,
    HookControl
{
    /// A WebSocket has been opened.
    func connect(_ link: any PeerLink, address: String, port: UInt16) async -> ConnectionID
    /// One message, in the order in which it arrived; the next one waits for this call to return.
    func receive(_ frame: ClientFrame, from connection: ConnectionID) async
    /// The WebSocket is gone. `clean`: the client said goodbye with close code 1000 or 1001.
    func disconnected(_ connection: ConnectionID, clean: Bool) async
    /// The server is going: everyone is told to come back within so many seconds, and hung up.
    func drain(within seconds: Int) async

    func status() async -> StatusReport
    func pairs(hold: Holds?, peer: PeerID?, limit: Int, cursor: String?) async -> PairPage
    func pair(_ id: PairID) async -> PairReport?
    /// Returns when the order is in force on the packet path.
    func order(_ order: OperatorOrder, by who: Operator) async throws(AdminError) -> OrderReceipt
    /// Returns when the ban is in force and on disk.
    func ban(_ order: BanOrder, by who: Operator) async throws(AdminError) -> BanReport
    func bans() async -> BanList
    func liftBan(_ id: BanID, by who: Operator) async throws(AdminError) -> BanReport

    func reports(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?, by who: Operator
    ) async throws(AdminError) -> ReportListView
    func report(_ id: ReportID, by who: Operator) async throws(AdminError) -> ReportView
    func exportCase(_ id: ReportID, by who: Operator) async throws(AdminError) -> CaseView
    /// Returns when the pair is cut and the report on disk.
    func take(_ report: OutsideReport) async throws(AdminError) -> OutsideReportReceipt
    /// A report from outside came with a wrong key.
    func sourceRefused(isFirst: Bool) async
    /// Returns when the decision is on disk with all that follows from it.
    func decide(_ order: DecisionOrder, by who: Operator) async throws(AdminError) -> DecisionReceipt
    func setLegalHold(
        _ isHeld: Bool, on id: ReportID, because reason: String, by who: Operator
    ) async throws(AdminError) -> CaseNoteView
    func refer(
        _ id: ReportID, to receiver: String, reference: String?, note: String?, by who: Operator
    ) async throws(AdminError) -> CaseNoteView
    func appeals(_ state: AppealState, by who: Operator) async throws(AdminError) -> AppealListView
    func decideAppeal(_ order: AppealOrder, by who: Operator) async throws(AdminError) -> AppealReceipt

    func auditPage(after number: Int, limit: Int) async throws(AdminError) -> AuditPageView
    func verifyAudit() async throws(AdminError) -> AuditVerdictView
    func retention() async throws(AdminError) -> RetentionListView
    func runRetention(isDryRun: Bool, by who: Operator) async throws(AdminError) -> RetentionRunView

    func isReady() async -> ReadinessReport
    var policySummary: PolicySummary { get }
    func metrics() async -> MetricsSnapshot
}

extension Switchboard: ControlPlane {}
