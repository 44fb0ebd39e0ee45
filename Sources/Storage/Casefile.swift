/// Everything that is known about one report.
package struct Casefile: Sendable, Equatable {
    /// With its referrals.
    package var report: ReportRecord
    /// Oldest first.
    package var decisions: [DecisionRecord]
    /// Against any of the decisions, oldest first.
    package var appeals: [AppealRecord]
    /// Made by any of the decisions, oldest first.
    package var bans: [BanRecord]
    /// What concerns any of these, in the order of the log.
    package var audit: [AuditEntry]
    package var auditHead: AuditHead

    package init(
        report: ReportRecord, decisions: [DecisionRecord], appeals: [AppealRecord], bans: [BanRecord],
        audit: [AuditEntry], auditHead: AuditHead
    ) {
        self.report = report
        self.decisions = decisions
        self.appeals = appeals
        self.bans = bans
        self.audit = audit
        self.auditHead = auditHead
    }
}
