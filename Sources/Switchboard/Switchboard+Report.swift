import Foundation
import Logging
import Policy
import RelayTypes
import Signalling
import Storage

extension Switchboard {
    /// Cuts first, then records, then answers.
    func report(_ request: ReportRequest, by peer: Peer, re: MessageID?, arrivedAt: MonotonicInstant) async {
        guard configuration.reportReasons.contains(request.reason) else {
            let known = configuration.reportReasons.joined(separator: ", ")
            return peer.send(.error(code: .badMessage, message: "reason must be one of: \(known)"), re: re)
        }
        if let live = livePair(meantBy: request, from: peer) {
            return await reportLive(live.pair, live.side, request, by: peer, re: re, arrivedAt: arrivedAt)
        }
        guard let past = await pastPair(meantBy: request, from: peer) else {
            let error: ServerMessage =
                request.pair == nil && request.receipt == nil
                ? .error(code: .notPaired, message: "there is and was no partner to report")
                : .error(code: .unknownPair, message: "no such pair of yours within the time for reports")
            return peer.send(error, re: re)
        }
        if peer.parting?.pair == past.pair {
            peer.parting = nil
            peer.send(.partnerLeft(pair: past.pair, why: .cut))
        }
        if let reported = peers[past.reported] { keepApart(peer, reported) }
        let now = configuration.wallClock()
        let offset = (now.timeIntervalSince(past.startedAt) * 1_000).rounded()
        record(
            ReportRecord(
                id: .random(using: &random), receivedAt: now, reporter: past.reporter,
                reported: past.reported,
                pair: past.pair, reporterSide: past.side, pairStartedAt: past.startedAt,
                pairEndedAt: past.endedAt, reason: request.reason, comment: request.comment,
                source: source(of: request), live: false,
                offsetMilliseconds: Int64(exactly: offset) ?? 0),
            tell: peer, re: re)
    }

    private func source(of request: ReportRequest) -> String { request.receipt == nil ? "peer" : "receipt" }

    private func reportLive(
        _ pair: LivePair, _ side: Side, _ request: ReportRequest, by peer: Peer, re: MessageID?,
        arrivedAt: MonotonicInstant
    ) async {
        let gatesBefore = pair.gates
        guard let ending = pair.policy.handle(.reported(by: side), at: arrivedAt).ending else { return }
        let offset = arrivedAt.nanoseconds(since: pair.startedAt) / 1_000_000
        keepApart(pair.first, pair.second)
        let proof = await cut(pair, because: ending, arrivedAt: arrivedAt)
        record(
            ReportRecord(
                id: .random(using: &random), receivedAt: configuration.wallClock(), reporter: pair[side].id,
                reported: pair[side.other].id, pair: pair.id, reporterSide: side,
                pairStartedAt: pair.startedAtDate, reason: request.reason, comment: request.comment,
                source: source(of: request), live: true, offsetMilliseconds: Int64(clamping: offset),
                cutInForceMicroseconds: proof.latencyNanoseconds.map { Int64(clamping: $0 / 1_000) },
                gatesBefore: gatesBefore),
            tell: peer, re: re)
    }

    /// Writes in a task of its own, so that the reporter may go on at once.
    private func record(_ record: ReportRecord, tell peer: Peer, re: MessageID?) {
        counts.reports += 1
        logger.info(
            "report",
            metadata: [
                "report": "\(record.id)", "pair": "\(record.pair?.text ?? "")", "reason": "\(record.reason)",
            ])
        let id = peer.id
        Task {
            let isDurable = await records.save(record) { await self.reportBecameDurable(record, of: id) }
            answerReport(record, isDurable: isDurable, to: id, re: re)
        }
    }

    private func answerReport(_ record: ReportRecord, isDurable: Bool, to id: PeerID, re: MessageID?) {
        peers[id]?
            .send(
                record.pair.flatMap { isDurable ? .reportReceived(report: record.id, pair: $0) : nil }
                    ?? .error(
                        code: .unavailable,
                        message: "your partner was cut off; the report is kept, but not yet on disk"),
                re: re)
    }

    private func reportBecameDurable(_ record: ReportRecord, of id: PeerID) {
        guard let pair = record.pair else { return }
        peers[id]?.send(.reportReceived(report: record.id, pair: pair))
    }

    // MARK: Which pair is meant

    private func livePair(meantBy request: ReportRequest, from peer: Peer) -> (pair: LivePair, side: Side)? {
        if let receipt = request.receipt {
            guard let known = receipts[receipt], let pair = pairs[known.pair] else { return nil }
            return (pair, known.side)
        }
        guard let pair = peer.pair, request.pair == nil || request.pair == pair.id else { return nil }
        return (pair, pair.side(of: peer))
    }

    private struct ReportedPair {
        let pair: PairID
        let side: Side
        let reporter: PeerID
        let reported: PeerID
        let startedAt: Date
        let endedAt: Date?
    }

    private func pastPair(meantBy request: ReportRequest, from peer: Peer) async -> ReportedPair? {
        let now = configuration.wallClock()
        if let receipt = request.receipt {
            if let known = receipts[receipt], let past = pastPairs[known.pair] {
                return reported(past, by: known.side)
            }
            let since = now.addingTimeInterval(-Double(configuration.receiptWindow))
            guard let stored = await records.pair(forReceipt: receipt, since: since) else { return nil }
            return ReportedPair(
                pair: stored.pair, side: stored.side, reporter: stored.holder, reported: stored.partner,
                startedAt: stored.startedAt, endedAt: stored.endedAt)
        }
        let named = request.pair.flatMap { pastPairs[$0] ?? (peer.lastPair?.id == $0 ? peer.lastPair : nil) }
        guard let past = request.pair == nil ? peer.lastPair : named else { return nil }
        guard let side = Side.allCases.first(where: { past[$0] == peer.id }) else { return nil }
        return reported(past, by: side)
    }

    private func reported(_ past: PastPair, by side: Side) -> ReportedPair {
        ReportedPair(
            pair: past.id, side: side, reporter: past[side], reported: past[side.other],
            startedAt: past.startedAtDate, endedAt: past.endedAtDate)
    }
}
