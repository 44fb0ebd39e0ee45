import Foundation
import Logging
import MediaControl
import RelayTypes
import Signalling

/// What is kept of a pair that has ended, for a report that comes later.
struct PastPair {
    let id: PairID
    let first: PeerID
    let second: PeerID
    let startedAtDate: Date
    let endedAtDate: Date
    let endedAt: MonotonicInstant
    let receipts: (first: String, second: String)

    subscript(side: Side) -> PeerID { side == .first ? first : second }
}

extension Switchboard {
    /// How long a pair that has ended stays in memory, in seconds: until its record is surely on disk.
    static let pastPairLifetime: UInt64 = 600

    /// Ends a pair: on the packet path first, then for the two people, then in the records.
    ///
    /// The two are told once it is in force; at once where its worker is stuck, and of different bands at a time that
    /// tells nothing.
    func part(_ pair: LivePair, because reason: EndReason) {
        let isStuck = pair.slot.map { watches[Int($0.worker)].isStuck } ?? false
        guard isStuck || reason == .differentBands else { return carryOut(pair, reason) { _ in } }
        give(detach(pair, because: reason)) { outcome in self.keepTally(of: pair, outcome) }
        noteEnd(of: pair, because: reason)
        tell(pair, because: reason)
    }

    /// Cuts a pair and waits until the cut is in force, or its worker counts as silent, and both have been told.
    ///
    /// The order is queued before this function first suspends.
    ///
    /// - Parameters:
    ///   - arrivedAt: when the report or order came.
    ///   - follow: done once the order is queued, and before anything else can happen.
    func cut(
        _ pair: LivePair, because reason: EndReason, arrivedAt: MonotonicInstant, then follow: () -> Void = {}
    ) async -> CutAcknowledgement {
        let outcome = await withCheckedContinuation { continuation in
            carryOut(pair, reason, follow: follow) { continuation.resume(returning: $0) }
        }
        let (inForceAt, tally, partedAt): (MonotonicInstant, PairTally?, MonotonicInstant?)
        switch outcome {
        case .inForce(let at, let counted): (inForceAt, tally, partedAt) = (at, counted, at)
        case .void: (inForceAt, tally, partedAt) = (media.now, nil, nil)
        case .silent:
            note(.cutUnconfirmed(why: reason.name), of: pair)
            return CutAcknowledgement(latencyNanoseconds: nil, tally: nil, partedAt: nil)
        }
        let latency = inForceAt.nanoseconds(since: arrivedAt)
        counts.cutLatency.record(nanoseconds: latency)
        note(.cutInForce(why: reason.name, microseconds: latency / 1_000), of: pair)
        return CutAcknowledgement(latencyNanoseconds: latency, tally: tally, partedAt: partedAt)
    }

    /// Orders the end, and tells both once it is in force.
    ///
    /// Until then neither gets a new partner.
    ///
    /// - Parameter follow: done once the order is queued, and before anything else can happen.
    func carryOut(
        _ pair: LivePair, _ reason: EndReason, follow: () -> Void = {},
        then done: @escaping (OrderOutcome) -> Void
    ) {
        for side in Side.allCases { pair[side].unsettledCuts += 1 }
        let order = detach(pair, because: reason)
        let isVoid = order == nil
        if isVoid {
            // Nothing flows between two who write: they are apart already.
            follow()
            noteEnd(of: pair, because: reason)
        }
        give(order) { outcome in
            self.keepTally(of: pair, outcome)
            for side in Side.allCases { pair[side].unsettledCuts -= 1 }
            self.tell(pair, because: reason)
            done(outcome)
            for side in Side.allCases { self.advance(pair[side], answering: nil) }
        }
        guard !isVoid else { return }
        follow()
        noteEnd(of: pair, because: reason)
    }

    /// Takes the pair out of every table.
    ///
    /// Only whoever says next is queued again.
    ///
    /// - Returns: the order that ends it on the packet path; `nil` for a text pair.
    private func detach(_ pair: LivePair, because reason: EndReason) -> MediaOrder? {
        pairs[pair.id] = nil
        if let slot = pair.slot { pairsOnPath[slot] = nil }
        for side in Side.allCases {
            pair[side].pair = nil
            pair[side].wantsPool = reason == .next(by: side)
        }
        let past = PastPair(
            id: pair.id, first: pair.first.id, second: pair.second.id, startedAtDate: pair.startedAtDate,
            endedAtDate: configuration.wallClock(), endedAt: media.now,
            receipts: (pair.firstReceipt, pair.secondReceipt))
        pastPairs[pair.id] = past
        pastEvidence.set(pair.id, to: pair.evidence, cost: pair.evidence.cost, at: media.now)
        for side in Side.allCases { pair[side].lastPair = past }
        due.add(.pastPair(pair.id), at: media.now.advanced(bySeconds: Self.pastPairLifetime))
        counts.pairsEnded[reason.name, default: 0] += 1
        records.ended(pair.id, at: configuration.wallClock())
        guard let slot = pair.slot else { return nil }
        pairSlots[Int(slot.worker)].give(back: slot.index)
        return .part(slot)
    }

    private func noteEnd(of pair: LivePair, because reason: EndReason) {
        note(.pairEnded(reason), of: pair)
        insight.journal.end(.pair(pair.id), at: media.now)
    }

    private func keepTally(of pair: LivePair, _ outcome: OrderOutcome) {
        if case .inForce(_, let tally?) = outcome { insight.journal.set(tally, of: pair.id) }
    }

    /// Who learns what (PROTOCOL.md section 2.2).
    private func tell(_ pair: LivePair, because reason: EndReason) {
        switch reason {
        case .next(let side): pair[side.other].send(.partnerLeft(pair: pair.id, why: .next))
        case .left(let side): pair[side.other].send(.partnerLeft(pair: pair.id, why: .left))
        case .lost: for side in Side.allCases { pair[side].send(.partnerLeft(pair: pair.id, why: .lost)) }
        case .report(let reporter):
            pair[reporter].send(.partnerLeft(pair: pair.id, why: .cut))
            pair[reporter.other].send(.cut(pair: pair.id, why: configuration.hideReports ? .policy : .report))
        case .moderator: for side in Side.allCases { pair[side].send(.cut(pair: pair.id, why: .moderator)) }
        case .policy: for side in Side.allCases { pair[side].send(.cut(pair: pair.id, why: .policy)) }
        case .draining: for side in Side.allCases { sendAway(pair[side], re: nil) }
        case .differentBands:
            // Both hear it at one random time, and of a partner who left, so that nobody learns a band.
            let delay = UInt64.random(in: 0...configuration.partingDelay, using: &random)
            for side in Side.allCases {
                pair[side].parting = Peer.Parting(pair: pair.id, gate: pair.gateMessage(for: side))
                due.add(
                    .parting(pair[side].id, pair.id), at: media.now.advanced(byMilliseconds: delay))
            }
        }
    }

    func announceParting(to id: PeerID, _ pair: PairID) {
        guard let peer = peers[id], peer.parting?.pair == pair else { return }
        peer.parting = nil
        peer.send(.partnerLeft(pair: pair, why: .left))
    }

    func forgetPast(_ id: PairID) {
        guard let past = pastPairs.removeValue(forKey: id) else { return }
        receipts[past.receipts.first] = nil
        receipts[past.receipts.second] = nil
    }
}

/// That a cut was in force, and when.
struct CutAcknowledgement {
    /// From the arrival of the report or order to the moment from which no packet can leave any more; `nil` where the
    /// worker has not confirmed it.
    let latencyNanoseconds: UInt64?
    let tally: PairTally?
    /// When the worker parted the two; `nil` where it has not confirmed it, and for a text pair.
    let partedAt: MonotonicInstant?
}
