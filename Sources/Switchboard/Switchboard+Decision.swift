import Foundation
import Logging
import MediaControl
import Policy
import RelayTypes
import Signalling
import Storage

extension Switchboard {
    /// Carries out a decision about a report, and returns when it is on disk with all that follows from it.
    ///
    /// A ban is in force before it is written; one that ends is written before it lets go.
    package func decide(
        _ order: DecisionOrder, by who: Operator = .unnamed
    ) async throws(AdminError) -> DecisionReceipt {
        let arrivedAt = media.now
        let (report, latest) = try await decided(order.report)
        if order.action == .ban, report.reason == configuration.minorReason, !order.evenThoughMinor {
            throw .minorProtected(report.id)
        }
        var decision = record(of: order, about: report, by: who)
        if let latest, latest.outcome != order.outcome || latest.action != order.action {
            decision.overturns = latest.id
        }
        let lifted = decision.overturns.flatMap { banBook.ban(of: $0) }
        let ban = order.action == .ban ? try self.ban(of: decision, order, about: report) : nil
        if let ban {
            await putInForce(
                ban, isAutomated: order.automatedDecision, at: decision.madeAt, arrivedAt: arrivedAt)
        }
        try await write(
            decision, ban: ban, lifting: lifted,
            audit: draft(
                .decisionMade, by: who, on: report.id.text,
                [
                    "decision": decision.id.text, "outcome": order.outcome.rawValue,
                    "action": order.action.rawValue,
                ]
            )
        ) { [decision] desk in desk.conclude(decision, about: report) }
        return DecisionReceipt(
            decision: decision.id, report: report.id, ban: ban?.id, lifted: lifted?.id,
            overturns: decision.overturns)
    }

    /// The report, and the latest decision about it.
    private func decided(_ id: ReportID) async throws(AdminError) -> (ReportRecord, DecisionRecord?) {
        do {
            guard let report = try await records.store.report(id) else { throw AdminError.unknownReport(id) }
            return (report, try await records.store.decisions(of: id).last)
        } catch {
            throw AdminError(error)
        }
    }

    private func record(
        of order: DecisionOrder, about report: ReportRecord, by who: Operator
    ) -> DecisionRecord {
        DecisionRecord(
            id: .random(using: &random), report: report.id, peer: report.reported,
            madeAt: configuration.wallClock(), by: who.name, byKind: .operator, outcome: order.outcome,
            action: order.action, until: order.action == .ban ? order.until : nil,
            groundKind: order.groundKind, ground: order.ground, facts: order.facts,
            automatedDetection: order.automatedDetection, automatedDecision: order.automatedDecision,
            statement: order.action == .none ? "" : statement(ground: order.ground, facts: order.facts))
    }

    /// Whoever has gone, even before a restart, is recognised by what the report holds.
    private func ban(
        of decision: DecisionRecord, _ order: DecisionOrder, about report: ReportRecord
    ) throws(AdminError) -> BanRecord {
        let known = marks(of: report.reported).union(report.reportedMarks)
        let ban = record(
            of: BanOrder(
                peer: report.reported, reason: order.ground, facts: order.facts, until: order.until,
                handles: order.handles),
            decision: decision.id, holdingOn: known, at: decision.madeAt)
        guard !ban.holds.isEmpty else { throw .nothingToHold(report.reported) }
        return ban
    }

    /// Everything about a report that waits until its decision is on disk.
    private func conclude(_ decision: DecisionRecord, about report: ReportRecord) {
        endRisk(because: report.id)
        tellReported(of: report, decision)
        tellReporter(of: report, decision)
    }

    /// Writes a decision with all that follows from it, in one transaction, and then lets go what it ends.
    ///
    /// - Parameter conclude: what else waits until it is on disk, now or later.
    /// - Throws: ``AdminError/decisionNotDurable(_:)`` where the disk does not take it now: its ban is in force all the
    ///   same, and it will be written. Where it is about something that is not there, its ban is taken back.
    func write(
        _ decision: DecisionRecord, ban: BanRecord?, lifting lifted: BanRecord?, audit: AuditDraft,
        then conclude: @escaping @Sendable (isolated Switchboard) -> Void
    ) async throws(AdminError) {
        do {
            let isDurable = try await records.decide(
                decision, ban: ban, liftsBan: lifted?.id, audit: audit
            ) { await self.takesEffect(decision, lifting: lifted, then: conclude) }
            if isDurable { return takesEffect(decision, lifting: lifted, then: conclude) }
        } catch {
            if let ban { banBook.remove(ban.id) }
            throw AdminError(error)
        }
        throw .decisionNotDurable(decision.id)
    }

    /// A decision is on disk: what opens comes now.
    private func takesEffect(
        _ decision: DecisionRecord, lifting lifted: BanRecord?,
        then conclude: @Sendable (isolated Switchboard) -> Void
    ) {
        if let lifted { letGo(of: lifted.id) }
        count(decision)
        note(
            .decided(
                decision.id, report: decision.report, outcome: decision.outcome.rawValue,
                action: decision.action.rawValue),
            about: decision.peer.map { .peer($0) } ?? .server)
        if let lifted { note(.banLifted(lifted.id), about: .server) }
        conclude(self)
    }

    func count(_ decision: DecisionRecord) {
        tellHooks(of: decision)
        counts.decisions["\(decision.outcome.rawValue)_\(decision.action.rawValue)", default: 0] += 1
    }

    // MARK: Who is told what

    /// What the person is told of the reasons and of how to object (DSA article 17 (3)).
    func statement(ground: String, facts: String) -> String {
        "\(ground)\n\(facts)\n\(configuration.banRedress)"
    }
}
