import Foundation
import Logging
import MediaControl
import Policy
import RelayTypes
import Signalling
import Storage

extension Switchboard {
    /// Takes what somebody says against a decision about them.
    ///
    /// Knowing the decision's name is enough: it is random, and only the person was told. Who is banned says it first on
    /// a connection, instead of `hello`, and is hung up on after the answer.
    func appeal(decision name: String, comment: String, re: MessageID?, on connection: ConnectionID) async {
        guard let link = connections[connection]?.link else { return }
        let isPeer = connections[connection]?.peer != nil
        let answer = await answer(
            toAppealAgainst: DecisionID(name), comment: comment,
            from: connections[connection]?.address ?? "")
        link.send(answer, re: re)
        if !isPeer { link.close(.normal, reason: "answered") }
    }

    private func answer(
        toAppealAgainst id: DecisionID, comment: String, from address: String
    ) async -> ServerMessage {
        let household = BanHandles.household(of: address)
        guard appealAllowance.take(household.map { [$0] } ?? [], at: media.now) else {
            return .error(code: .rateLimited, message: "too many appeals; try again in an hour")
        }
        guard !comment.allSatisfy(\.isWhitespace) else {
            return .error(code: .badMessage, message: "say in 'comment' what is wrong with the decision")
        }
        let now = configuration.wallClock()
        do {
            guard let decision = try await records.store.decision(id),
                now.timeIntervalSince(decision.madeAt) <= Double(configuration.appealWindow)
            else {
                return .error(
                    code: .unknownDecision, message: "no such decision that could still be appealed against")
            }
            // An answer that got lost is asked for again.
            if let open = try await records.store.appeals(against: id).last {
                guard open.text != comment else { return .appealReceived(decision: id.text) }
                return .error(code: .rateLimited, message: "there is an appeal against this decision already")
            }
            let appeal = AppealRecord(
                id: .random(using: &random), decision: id, receivedAt: now, text: comment)
            try await records.store.save(
                appeal,
                audit: draft(
                    .appealReceived, by: .server, on: appeal.id.text, ["decision": decision.id.text]))
            counts.appealsReceived += 1
            note(.appealed(appeal.id, decision: id), about: .server)
            return .appealReceived(decision: id.text)
        } catch {
            logger.error("appeal not written", metadata: ["error": "\(error)"])
            return .error(code: .unavailable, message: "this cannot be written down now; try again later")
        }
    }

    /// Answers an appeal by a decision of its own; a reversal lifts the ban.
    package func decideAppeal(
        _ order: AppealOrder, by who: Operator = .unnamed
    ) async throws(AdminError) -> AppealReceipt {
        let (appeal, original) = try await appealed(order.appeal)
        let report = await records.report(original.report)
        guard appeal.answeredBy == nil else { throw .appealAnswered(order.appeal) }
        let isReversed = order.outcome == .reversed
        let decision = DecisionRecord(
            id: .random(using: &random), report: original.report, appeal: appeal.id, peer: original.peer,
            madeAt: configuration.wallClock(), by: who.name, byKind: .operator,
            outcome: isReversed ? .rejected : original.outcome,
            action: isReversed ? .none : original.action, until: isReversed ? nil : original.until,
            groundKind: original.groundKind, ground: order.ground, facts: order.facts,
            statement: statement(ground: order.ground, facts: order.facts),
            overturns: isReversed ? original.id : nil)
        let lifted = isReversed ? banBook.ban(of: original.id) : nil
        try await write(
            decision, ban: nil, lifting: lifted,
            audit: draft(
                .appealDecided, by: who, on: appeal.id.text,
                ["decision": decision.id.text, "outcome": order.outcome.rawValue])
        ) { desk in
            desk.counts.appealsDecided[order.outcome.rawValue, default: 0] += 1
            desk.tellAppellant(decision, about: report)
        }
        return AppealReceipt(decision: decision.id, appeal: appeal.id, lifted: lifted?.id)
    }

    private func appealed(_ id: AppealID) async throws(AdminError) -> (AppealRecord, DecisionRecord) {
        do {
            guard let appeal = try await records.store.appeal(id),
                let decision = try await records.store.decision(appeal.decision)
            else { throw AdminError.unknownAppeal(id) }
            return (appeal, decision)
        } catch {
            throw AdminError(error)
        }
    }

    /// Who was warned may be here; whose ban stays learns it by coming back.
    ///
    /// - Parameter report: what the decision was about, as long as it is kept: by it somebody who has gone is known again.
    private func tellAppellant(_ decision: DecisionRecord, about report: ReportRecord?) {
        if let report { return tellReported(of: report, decision) }
        guard let peer = decision.peer else { return }
        let word = UntoldWord(
            report: ReportID(""), role: .reported, decision: decision, marks: [])
        peers[peer]?.send(message(of: word))
    }
}
