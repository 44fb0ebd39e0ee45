package import FoundationEssentials
package import RelayTypes

/// The records that outlive a pair.
///
/// A call that writes returns when what it wrote is durable, and throws when it is not; never in between. What one
/// call writes is there as a whole or not at all. Where an ``AuditDraft`` is part of a call, its entry is written in
/// the same transaction.
package protocol ReportStore: Sendable {
    // MARK: Reports

    /// - Throws: ``StorageError/duplicate(_:)`` where there is one of this name.
    func save(_ report: ReportRecord) async throws(StorageError)
    func report(_ id: ReportID) async throws(StorageError) -> ReportRecord?
    /// Open ones first; then by priority, highest first; then oldest first.
    func reports(
        _ state: ReportState, limit: Int, after cursor: ReportCursor?
    ) async throws(StorageError) -> ReportPage
    /// How many wait for a decision.
    func openReports() async throws(StorageError) -> Int
    /// Whom the undecided reports with this reason are about, of so many at the head of the queue.
    func reported(for reason: String, among most: Int) async throws(StorageError) -> [ReportedPerson]
    /// - Throws: ``StorageError/unknown(_:)`` where there is no such report.
    func setPriority(_ priority: Int, of report: ReportID) async throws(StorageError)
    /// Completes the proof of the cut; does nothing where the report has none.
    ///
    /// - Throws: ``StorageError/unknown(_:)`` where there is no such report.
    func complete(_ report: ReportID, with dropped: DroppedSince) async throws(StorageError)
    /// Freezes a report, its decisions, appeals, bans and audit entries, or lets retention go on.
    ///
    /// - Throws: ``StorageError/unknown(_:)`` where there is no such report.
    func setLegalHold(
        _ isHeld: Bool, on report: ReportID, audit: AuditDraft?
    ) async throws(StorageError)
    /// - Throws: ``StorageError/unknown(_:)`` where there is no such report.
    func addReferral(
        _ referral: Referral, to report: ReportID, audit: AuditDraft?
    ) async throws(StorageError)
    /// Everything about one report; `nil` where there is none.
    func casefile(_ report: ReportID) async throws(StorageError) -> Casefile?

    // MARK: Decisions and appeals

    /// Writes a decision, what follows from it, and its entry in the audit log, all or nothing.
    ///
    /// The report gets the decision's outcome, and the retention class of that outcome from now on.
    ///
    /// - Parameters:
    ///   - ban: the ban that it makes.
    ///   - liftsBan: the ban that it ends.
    /// - Returns: the number of the audit entry.
    /// - Throws: ``StorageError/unknown(_:)`` where the report (unless an appeal is given, which may outlive it), the
    ///   appeal, the overturned decision or the lifted ban does not exist, ``StorageError/duplicate(_:)`` where the
    ///   decision or the ban does.
    @discardableResult
    func decide(
        _ decision: DecisionRecord, ban: BanRecord?, liftsBan: BanID?, audit: AuditDraft
    ) async throws(StorageError) -> Int
    func decision(_ id: DecisionID) async throws(StorageError) -> DecisionRecord?
    /// Oldest first.
    func decisions(of report: ReportID) async throws(StorageError) -> [DecisionRecord]

    /// - Throws: ``StorageError/unknown(_:)`` where there is no such decision.
    func save(_ appeal: AppealRecord, audit: AuditDraft?) async throws(StorageError)
    func appeal(_ id: AppealID) async throws(StorageError) -> AppealRecord?
    /// Oldest first.
    func appeals(_ state: AppealState, limit: Int) async throws(StorageError) -> [AppealRecord]
    /// Oldest first.
    func appeals(against decision: DecisionID) async throws(StorageError) -> [AppealRecord]

    // MARK: Fairness

    /// What became of the decided reports of somebody who is known by a peer or by any of the marks.
    func reporterStanding(
        of peer: PeerID?, marks: [BanMark]
    ) async throws(StorageError) -> ReporterStanding
    /// Who has reported somebody since: the latest report of each reporter, where reporters that share a mark or a
    /// peer are one.
    ///
    /// - Returns: newest first, from at most ``mostStrangers`` reports.
    func strangersReports(
        against peer: PeerID, marks: [BanMark], since: Date
    ) async throws(StorageError) -> [StrangerReport]

    /// What people have yet to be told of decisions: the latest of it, oldest first.
    ///
    /// A decision about a report makes a word for its reporter, a warning and the answer to an appeal one for the
    /// reported. It ends with ``told(_:of:by:)``, or after the time for which reports without a violation are kept.
    func untold(at now: Date, most: Int) async throws(StorageError) -> [UntoldWord]
    /// Does nothing where there is another word by now.
    func told(
        _ role: UntoldWord.Role, of report: ReportID, by decision: DecisionID
    ) async throws(StorageError)

    // MARK: Pairs

    /// Notes a pair at its start, or, the second time, its end. The media path does not wait for it.
    func savePair(_ pair: PairRecord) async throws(StorageError)
    /// Notes the end of a pair; does nothing where the pair is not known, or has ended before.
    func endPair(_ pair: PairID, at end: Date) async throws(StorageError)
    /// Finds the pair of a receipt.
    ///
    /// - Parameter since: the pair must have ended after this; where its end is unknown, started.
    func pair(forReceipt receipt: String, since: Date) async throws(StorageError) -> ReceiptRecord?
    /// Finds a pair by its name, seen from its first side; the time is that of ``pair(forReceipt:since:)``.
    func pair(_ id: PairID, since: Date) async throws(StorageError) -> ReceiptRecord?

    // MARK: Bans

    func save(_ ban: BanRecord) async throws(StorageError)
    /// Notes that a ban has been lifted; does nothing where it is not known, or was lifted before.
    func liftBan(_ ban: BanID, at date: Date) async throws(StorageError)
    /// Every ban that has neither been lifted nor run out, oldest first.
    func bans(inForceAt now: Date) async throws(StorageError) -> [BanRecord]
    /// Bans in force that were written after a place in the table, whoever wrote them; oldest first.
    ///
    /// - Parameter place: of ``StandingBans/place``.
    func bans(
        after place: StandingBans.Place, inForceAt now: Date
    ) async throws(StorageError) -> StandingBans
    /// A number that changes when somebody else, another process for one, has written to the records.
    func foreignVersion() async throws(StorageError) -> Int64
    /// In force or not; its marks are gone when it is over.
    func bans(madeBy decision: DecisionID) async throws(StorageError) -> [BanRecord]

    // MARK: Audit log

    /// - Returns: the number of the entry.
    @discardableResult
    func audit(_ draft: AuditDraft) async throws(StorageError) -> Int
    func auditEntries(after number: Int, limit: Int) async throws(StorageError) -> [AuditEntry]
    func auditHead() async throws(StorageError) -> AuditHead
    /// Reads the whole log.
    func verifyAudit() async throws(StorageError) -> AuditVerdict

    // MARK: Retention

    /// What there is, and what the next sweep will delete.
    func retentionStatus(now: Date) async throws(StorageError) -> [RetentionStatus]
    /// Removes what has been kept for long enough, in small steps, so that reports are written in between.
    @discardableResult
    func sweep(now: Date) async throws(StorageError) -> SweepResult

    /// Whether a report could be written now.
    ///
    /// Takes as long as writing one.
    func isHealthy() async -> Bool
    /// How long the oldest write has waited for the disk; `nil` where none waits. Answers whatever the disk does.
    var longestWait: Duration? { get }
    /// How the records fare, for metrics.
    func figures() async -> StoreFigures
}

extension ReportStore {
    /// Most reports that ``strangersReports(against:marks:since:)`` looks at: the newest.
    package static var mostStrangers: Int { 200 }
}
