import Foundation
import Storage

/// The audit log and retention, as operators read them.
extension Switchboard {
    /// Entries after a number, oldest first.
    package func auditPage(
        after number: Int, limit: Int
    ) async throws(AdminError) -> AuditPageView {
        do {
            let entries = try await records.store.auditEntries(after: number, limit: limit)
            return AuditPageView(
                entries: entries.map(view(of:)), head: view(of: try await records.store.auditHead()))
        } catch {
            throw AdminError(error)
        }
    }

    /// Reads the whole log, and says where it is not what the server wrote.
    package func verifyAudit() async throws(AdminError) -> AuditVerdictView {
        do {
            let verdict = try await records.store.verifyAudit()
            return AuditVerdictView(
                entries: verdict.entries, sound: verdict.isSound,
                faults: verdict.faults.map { .init(number: $0.number, what: $0.kind.rawValue) })
        } catch {
            throw .storage(error)
        }
    }

    func view(of entry: AuditEntry) -> AuditEntryView {
        AuditEntryView(
            number: entry.number, at: timestamp(entry.at), who: entry.who, what: entry.what,
            subject: entry.subject, details: entry.details, previous: Self.hexadecimal(entry.previous),
            hash: Self.hexadecimal(entry.hash))
    }

    func view(of head: AuditHead) -> AuditHeadView {
        AuditHeadView(number: head.number, hash: Self.hexadecimal(head.hash))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Retention

    package func retention() async throws(AdminError) -> RetentionListView {
        RetentionListView(
            classes: try await retentionStatus()
                .map {
                    .init(
                        name: $0.name, days: $0.length.map { $0 / 86_400 }, records: $0.records, due: $0.due)
                },
            nextSweep: await records.nextSweep.map(timestamp))
    }

    private func retentionStatus() async throws(AdminError) -> [RetentionStatus] {
        do {
            return try await records.store.retentionStatus(now: configuration.wallClock())
        } catch {
            throw .storage(error)
        }
    }

    /// Removes what has been kept for long enough, or counts it.
    package func runRetention(
        isDryRun: Bool, by who: Operator = .unnamed
    ) async throws(AdminError) -> RetentionRunView {
        if isDryRun {
            let status = try await retentionStatus()
            let due = { (names: [String]) in
                status.filter { names.contains($0.name) }.reduce(0) { $0 + $1.due }
            }
            return RetentionRunView(
                deleted: .init(
                    reports: due(RetentionClass.allCases.map(\.rawValue)), pairs: due(["pair"]),
                    decisions: due(["decision"]), appeals: due(["appeal"]), bans: due(["ban"]),
                    audit: due(["audit"])),
                dryRun: true)
        }
        let result: SweepResult
        do {
            result = try await records.store.sweep(now: configuration.wallClock())
        } catch {
            throw .storage(error)
        }
        let isAudited = await records.audit(
            AuditDraft(
                at: configuration.wallClock(), who: who.name, what: .retentionRan,
                details: AuditDetails.text(of: result)))
        return RetentionRunView(
            deleted: .init(
                reports: result.reports, pairs: result.pairs, decisions: result.decisions,
                appeals: result.appeals, bans: result.bans, audit: result.auditEntries),
            dryRun: false, isAudited: isAudited ? nil : false)
    }
}
