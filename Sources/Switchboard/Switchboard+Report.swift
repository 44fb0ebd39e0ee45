import Foundation
import Logging
import MediaControl
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
        guard mayBeWritten(by: peer, at: arrivedAt) else { return answerTooMany(peer, re: re) }
        let now = configuration.wallClock()
        let offset = (now.timeIntervalSince(past.startedAt) * 1_000).rounded()
        var record = ReportRecord(
            id: .random(using: &random), receivedAt: now, reporter: past.reporter, reported: past.reported,
            pair: past.pair, reporterSide: past.side, pairStartedAt: past.startedAt,
            pairEndedAt: past.endedAt, reason: request.reason, comment: request.comment,
            source: source(of: request), live: false,
            offsetMilliseconds: Int64(exactly: offset) ?? 0)
        if let stored = past.stored {
            (record.reporterBand, record.reportedBand) = (stored.holderBand, stored.partnerBand)
            (record.reporterMarks, record.reportedMarks) = (stored.holderMarks, stored.partnerMarks)
        }
        add(pastEvidence[past.pair], to: &record)
        holdIfMinor(record)
        noteReport(record)
        self.record(record, by: peer, re: re)
    }

    private func source(of request: ReportRequest) -> String { request.receipt == nil ? "peer" : "receipt" }

    private func reportLive(
        _ pair: LivePair, _ side: Side, _ request: ReportRequest, by peer: Peer, re: MessageID?,
        arrivedAt: MonotonicInstant
    ) async {
        let before = pair.gates
        let outcome = pair.policy.handle(.reported(by: side), at: arrivedAt)
        guard let ending = outcome.ending else { return }
        let offset = arrivedAt.nanoseconds(since: pair.startedAt) / 1_000_000
        let arrival = configuration.wallClock()
        var record = ReportRecord(
            id: .random(using: &random), receivedAt: arrival,
            reporter: pair[side].id, reported: pair[side.other].id, pair: pair.id, reporterSide: side,
            pairStartedAt: pair.startedAtDate, reason: request.reason, comment: request.comment,
            source: source(of: request), live: true,
            offsetMilliseconds: Int64(clamping: offset), gatesBefore: before)
        add(pair.evidence, to: &record)
        let slot = pair.slot == nil ? nil : pair[side.other].leg?.slot
        var isWritten = false
        let acknowledgement = await cut(pair, because: ending, arrivedAt: arrivedAt) {
            keepApart(pair.first, pair.second)
            isWritten = mayBeWritten(by: peer, at: arrivedAt)
            if isWritten { holdIfMinor(record) }
            noteReport(record, isWritten: isWritten)
        }
        add(acknowledgement, before: before, after: outcome.gates, arrival: arrival, to: &record)
        guard isWritten else { return answerTooMany(peer, re: re) }
        let (id, written) = (record.id, self.record(record, by: peer, re: re))
        countDrops(on: slot, since: acknowledgement.partedAt) { dropped in
            self.complete(id, with: dropped, after: written)
        }
    }

    // MARK: What a report holds

    /// Adds what is remembered of the pair.
    func add(_ evidence: PairEvidence?, to record: inout ReportRecord) {
        guard let evidence, let side = record.reporterSide else { return }
        record.sharedInterests = evidence.sharedInterests
        record.reporterBand = side == .first ? evidence.bands.first : evidence.bands.second
        record.reportedBand = side == .first ? evidence.bands.second : evidence.bands.first
        record.chatMessages = evidence.chatMessages
        record.transcript = evidence.transcript
    }

    /// Adds what shows that the cut took place; a worker that is silent shows nothing.
    func add(
        _ acknowledgement: CutAcknowledgement, before: PairGates, after: PairGates, arrival: Date,
        to record: inout ReportRecord
    ) {
        guard let latency = acknowledgement.latencyNanoseconds else { return }
        let microseconds = Int64(clamping: latency / 1_000)
        record.cutInForceMicroseconds = microseconds
        let last = record.reporterSide.flatMap { acknowledgement.tally?[$0.other].lastForwardedAt }
        record.proof = CutProof(
            holdsBefore: before, holdsAfter: after,
            inForceAt: arrival.addingTimeInterval(Double(latency) / 1e9),
            lastPacketAt: last.map {
                configuration.wallClock().addingTimeInterval(-Double(media.now.nanoseconds(since: $0)) / 1e9)
            },
            latencyMicroseconds: microseconds)
    }

    /// What somebody who is here, or was not long ago, is recognised by.
    func marks(of id: PeerID?) -> Set<BanMark> {
        guard let id else { return [] }
        return (peers[id]?.handles ?? pastPeers[id]?.handles)?.newest ?? []
    }

    private func holdIfMinor(_ record: ReportRecord) {
        guard record.reason == configuration.minorReason else { return }
        putAtRisk(
            record.reported, because: record.id,
            marks: Array(marks(of: record.reported).union(record.reportedMarks)))
    }

    // MARK: Writing and answering

    /// Writes in a task of its own, so that the reporter may go on at once.
    @discardableResult
    private func record(_ draft: ReportRecord, by peer: Peer, re: MessageID?) -> Task<Void, Never> {
        var record = draft
        record.reporterMarks = Array(
            marks(of: record.reporter).union(peer.handles.newest).union(record.reporterMarks))
        record.reportedMarks = Array(marks(of: record.reported).union(record.reportedMarks))
        record.priority = firstAssessment(of: record, origin: .peer).priority
        note(received: record)
        let id = peer.id
        return Task { [record] in
            var record = record
            record.captureEvents = await sealedTrace(of: record.reported, for: record.id)
            let written = record
            let isDurable = await records.save(written) { await self.reportBecameDurable(written, of: id) }
            answerReport(written, isDurable: isDurable, to: id, re: re)
            if isDurable { await assess(written, origin: .peer) }
        }
    }

    func note(received record: ReportRecord) {
        counts.reports += 1
        tellHooks(of: record)
        counts.reportsByOrigin[record.origin.rawValue, default: 0] += 1
    }

    private func answerReport(_ record: ReportRecord, isDurable: Bool, to id: PeerID, re: MessageID?) {
        guard let pair = record.pair, let peer = peers[id] else { return }
        peer.send(
            isDurable
                ? .reportReceived(report: record.id, pair: pair)
                : .error(
                    code: .unavailable,
                    message: "your partner was cut off; the report is kept, but not yet on disk"),
            re: re)
        // Who has shown this side's receipt may hear what became of earlier reports.
        if let side = record.reporterSide { tellUntold(to: peer, asHolderOf: pair, side) }
    }

    private func reportBecameDurable(_ record: ReportRecord, of id: PeerID) async {
        if let pair = record.pair { peers[id]?.send(.reportReceived(report: record.id, pair: pair)) }
        await assess(record, origin: .peer)
    }

    /// Whether a reporter, and their household, have some of their hour's reports left.
    private func mayBeWritten(by peer: Peer, at now: MonotonicInstant) -> Bool {
        guard reportsOfNetwork.take(peer.handles.newest.filter { $0.handle == .address }, at: now) else {
            return false
        }
        return reportsOfPeer.take([peer.id], at: now)
    }

    private func answerTooMany(_ peer: Peer, re: MessageID?) {
        counts.reportsOverLimit += 1
        peer.send(
            .error(
                code: .rateLimited,
                message: "your partner was cut off; there were too many reports to write this one down"),
            re: re)
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
        /// Where it is known from the records alone.
        var stored: ReceiptRecord?
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
                startedAt: stored.startedAt, endedAt: stored.endedAt, stored: stored)
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
