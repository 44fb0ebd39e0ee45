import MediaControl
import RelayTypes
import Signalling
package import Storage

/// Who is told what of a decision: now, or when they are back, over restarts too.
extension Switchboard {
    /// Reads what people had not been told when the server went down; before anybody is let in.
    package func loadUntold() async throws(StorageError) {
        let words = try await records.store.untold(at: configuration.wallClock(), most: UntoldBox.capacity)
        for word in words { untold.put(message(of: word), for: word, at: media.now) }
    }

    /// Tells the reporter what became of the report.
    func tellReporter(of report: ReportRecord, _ decision: DecisionRecord) {
        guard let reporter = report.reporter else { return }
        tell(
            UntoldWord(
                report: report.id, role: .reporter, decision: decision, marks: report.reporterMarks,
                pair: report.pair, side: report.reporterSide),
            to: reporter)
    }

    /// Tells the reported of a warning or of the answer to an appeal, and of nothing that has been replaced meanwhile.
    func tellReported(of report: ReportRecord, _ decision: DecisionRecord) {
        guard decision.action == .warn || decision.appeal != nil else {
            return untold.remove(UntoldBox.Key(report: report.id, role: .reported))
        }
        tell(
            UntoldWord(
                report: report.id, role: .reported, decision: decision, marks: report.reportedMarks),
            to: report.reported)
    }

    private func tell(_ word: UntoldWord, to id: PeerID) {
        let message = message(of: word)
        if let peer = peers[id], peer.link != nil {
            let key = UntoldBox.Key(report: word.report, role: word.role)
            return say([.init(key: key, decision: word.decision.id, message: message)], to: peer)
        }
        untold.put(message, for: word, at: media.now)
        // Back already as a new peer, with the account or the page of then.
        for peer in peers.values
        where peer.link != nil && !peer.handles.all.isDisjoint(with: word.marks) {
            tellUntold(to: peer)
        }
    }

    /// Tells somebody who has come, or come back.
    func tellUntold(to peer: Peer) { say(untold.take(for: peer.handles), to: peer) }

    /// Tells somebody who has shown this side's receipt.
    func tellUntold(to peer: Peer, asHolderOf pair: PairID, _ side: Side) {
        say(untold.take(for: pair, side), to: peer)
    }

    private func say(_ words: [UntoldBox.Word], to peer: Peer) {
        for word in words {
            peer.send(word.message)
            records.told(word.key.role, of: word.key.report, by: word.decision)
        }
    }

    func message(of word: UntoldWord) -> ServerMessage {
        let decision = word.decision
        let reasons = "\(decision.ground)\n\(decision.facts)"
        switch (word.role, decision.outcome) {
        case (.reporter, .upheld):
            return .notice(
                code: "report_upheld", message: "Somebody has looked at your report, and you were right.")
        case (.reporter, .rejected):
            return .notice(
                code: "report_rejected",
                message: "Somebody has looked at your report, and found nothing against the rules.")
        case (.reported, _) where decision.appeal != nil:
            return .notice(
                code: decision.overturns == nil ? "appeal_kept" : "appeal_reversed", message: reasons)
        case (.reported, _):
            return .notice(
                code: "warning",
                message: "\(reasons)\n\(configuration.banRedress) The decision is \(decision.id).")
        }
    }
}
