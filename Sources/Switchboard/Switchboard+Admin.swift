import Foundation
import Logging
import Matchmaking
import MediaControl
import Policy
package import RelayTypes
import Signalling
import Storage

extension Switchboard {
    package func status() -> StatusReport {
        StatusReport(
            version: configuration.version,
            uptimeSeconds: Double(media.now.nanoseconds(since: startedAt)) / 1e9, workers: media.workerCount,
            perWorker: workerReports, peers: peers.count, legs: legOwners.count, pairs: pairs.count,
            waiting: waitingRoom.count,
            gates: gatesByHold().values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) },
            packetsPerSecond: rate.perSecond)
    }

    /// Gates of live pairs by channel and hold; a text pair has only its chat's.
    private func gatesByHold() -> [String: [String: Int]] {
        var result: [String: [String: Int]] = [:]
        for pair in pairs.values {
            for channel in Channel.allCases where pair.slot != nil || channel == .chat {
                for side in Side.allCases {
                    let names = pair.gates[side, channel].names
                    for name in names.isEmpty ? ["open"] : names {
                        result[channel.name, default: [:]][name, default: 0] += 1
                    }
                }
            }
        }
        return result
    }

    /// A page of live pairs, oldest first.
    ///
    /// - Parameters:
    ///   - hold: only pairs with a gate that has this hold.
    ///   - peer: only the pair of this peer.
    ///   - limit: most rows, 1 to 1,000.
    ///   - cursor: the one that came with the page before.
    package func pairs(hold: Holds?, peer: PeerID?, limit: Int, cursor: String?) -> PairPage {
        let limit = min(max(limit, 1), 1_000)
        let key = { (pair: LivePair) in
            "\(String(pair.startedAt.nanoseconds, radix: 16).leftPadded(to: 16))-\(pair.id)"
        }
        var rows = pairs.values
            .filter { pair in
                if let peer, pair.first.id != peer, pair.second.id != peer { return false }
                guard let hold else { return true }
                return Side.allCases.contains { side in
                    Channel.allCases.contains { !pair.gates[side, $0].isDisjoint(with: hold) }
                }
            }
            .map { (key: key($0), pair: $0) }
            .sorted { $0.key < $1.key }
        if let cursor { rows.removeAll { $0.key <= cursor } }
        let page = rows.prefix(limit)
        return PairPage(
            pairs: page.map {
                .init(
                    pair: $0.pair.id, since: timestamp($0.pair.startedAtDate),
                    peers: [$0.pair.first.id, $0.pair.second.id])
            },
            cursor: rows.count > limit ? page.last?.key : nil)
    }

    /// One live pair, with what its worker counts; `nil` when there is none of that name.
    package func pair(_ id: PairID) async -> PairReport? {
        guard let pair = pairs[id] else { return nil }
        let snapshot: PairSnapshot? = if let slot = pair.slot { await self.snapshot(slot) } else { nil }
        return report(on: pair, snapshot: snapshot, tally: snapshot?.tally)
    }

    /// Carries out an operator's order, and returns when it is in force on the packet path.
    ///
    /// - Throws: ``AdminError/workerSilent`` where that is not confirmed within ``acknowledgementPatience``; the order
    ///   stands all the same.
    package func order(
        _ order: OperatorOrder, by who: Operator = .unnamed
    ) async throws(AdminError) -> OrderReceipt {
        let arrivedAt = media.now
        guard let pair = pairs[order.pair] else { throw .unknownPair(order.pair) }
        var sides = Set(Side.allCases)
        if let from = order.from {
            guard let side = Side.allCases.first(where: { pair[$0].id == from }) else {
                throw .notOfThePair(from)
            }
            sides = [side]
        }
        let channels = order.channel.map { [$0] } ?? Set(Channel.allCases)
        let ordered = SessionEvent.ordered(
            OrderNote(
                action: order.action.rawValue, by: who.name, reason: order.reason.cutForJournal,
                from: order.from == nil ? nil : sides.first, channel: order.channel))
        var isAudited: Bool?
        switch order.action {
        case .cut:
            guard let ending = pair.policy.handle(.cutOrdered(.moderator), at: arrivedAt).ending else {
                throw .unknownPair(order.pair)
            }
            let proof = await cut(pair, because: ending, arrivedAt: arrivedAt) { note(ordered, of: pair) }
            let isAudited = await audit(order, by: who)
            guard let latency = proof.latencyNanoseconds else { throw .workerSilent }
            return OrderReceipt(
                pair: pair.id, inForceMicroseconds: latency / 1_000,
                peers: report(on: pair, snapshot: nil, tally: proof.tally).peers, isAudited: isAudited)
        case .hold:
            judge(pair, .holdOrdered(from: sides, channels: channels), by: who)
            note(ordered, of: pair)
        case .release:
            // What opens is written down first.
            isAudited = await audit(order, by: who)
            guard pairs[order.pair] != nil else { throw .unknownPair(order.pair) }
            note(ordered, of: pair)
            judge(pair, .releaseOrdered(from: sides, channels: channels), by: who)
        }
        // Orders of one worker are carried out in order: this answer means that the gates before it are in force.
        var inForceAt = media.now
        if let slot = pair.slot, pairs[order.pair] != nil {
            switch await perform(.setGates(slot, pair.gates)) {
            case .inForce(let at, _): inForceAt = at
            case .void: inForceAt = media.now
            case .silent:
                if order.action == .hold { _ = await audit(order, by: who) }
                throw .workerSilent
            }
        }
        if order.action == .hold { isAudited = await audit(order, by: who) }
        let snapshot: PairSnapshot? = if let slot = pair.slot { await self.snapshot(slot) } else { nil }
        return OrderReceipt(
            pair: pair.id, inForceMicroseconds: inForceAt.nanoseconds(since: arrivedAt) / 1_000,
            peers: report(on: pair, snapshot: snapshot, tally: snapshot?.tally).peers, isAudited: isAudited)
    }

    private func audit(_ order: OperatorOrder, by who: Operator) async -> Bool? {
        let act: AuditAct =
            switch order.action {
            case .cut: .orderCut
            case .hold: .orderHold
            case .release: .orderRelease
            }
        var details = ["reason": order.reason]
        if let from = order.from { details["from"] = from.text }
        if let channel = order.channel { details["channel"] = channel.name }
        return await audit(act, by: who, on: order.pair.text, details)
    }

    private func report(on pair: LivePair, snapshot: PairSnapshot?, tally: PairTally?) -> PairReport {
        let outcome = pair.policy.outcome
        let now = media.now
        return PairReport(
            pair: pair.id, since: timestamp(pair.startedAtDate),
            peers: Side.allCases.map { side in
                let peer = pair[side]
                let traffic = tally?[side] ?? SideTally()
                let leg = side == .first ? snapshot?.first : snapshot?.second
                return PairReport.Peer(
                    peer: peer.id, band: peer.isProved(at: now) ? peer.proof?.band : nil,
                    gates: Dictionary(
                        uniqueKeysWithValues: Channel.allCases.map {
                            ($0.name, outcome.gates[side, $0].names)
                        }),
                    forwarded: .init(packets: traffic.forwardedPackets, bytes: traffic.forwardedBytes),
                    dropped: Dictionary(
                        uniqueKeysWithValues: traffic.dropped.map { ($0.key.name, $0.value) }),
                    leg: leg.map { leg in
                        PairReport.Leg(
                            address: leg.remote.map { shown($0) }, state: leg.state.rawValue,
                            dtls: leg.dtlsVersion,
                            srtp: leg.profile?.name, roundTripMilliseconds: leg.roundTripMilliseconds)
                    })
            })
    }

    /// Whether new people may come.
    ///
    /// Reports are cut even when it is not ready.
    package func isReady() async -> ReadinessReport {
        var problems: [String] = []
        if let problem = departure.problem { problems.append(problem) }
        if let problem = await records.problem() { problems.append(problem) }
        problems += workerProblems
        return ReadinessReport(ready: problems.isEmpty, problems: problems)
    }

    package func metrics() async -> MetricsSnapshot {
        let counters = media.counters()
        var result = MetricsSnapshot()
        result.peers = peers.count
        result.legs = legOwners.count
        result.pairs = pairs.count
        result.waiting = waitingRoom.count
        result.gates = gatesByHold()
        result.pairsEnded = counts.pairsEnded
        result.attestations = counts.attestations
        result.legsEnded = counts.legsEnded
        result.workers = workerReports
        result.workersStuck = counts.workersStuck
        result.legMoves = counts.legMoves
        result.matches = counts.matches
        result.reportsReceived = counts.reports
        result.reportsNotDurable = await records.notDurableCount
        result.reportsByOrigin = counts.reportsByOrigin
        result.reportsOverLimit = counts.reportsOverLimit
        result.decisions = counts.decisions
        result.appealsReceived = counts.appealsReceived
        result.appealsDecided = counts.appealsDecided
        result.sourcesRefused = counts.sourcesRefused
        result.reportsThatHold = risk.count
        result.bans = banBook.inForce(at: configuration.wallClock()).count
        result.bannedRefused = counts.bannedRefused
        result.received = counters.received
        result.sent = counters.sent
        result.forwardedPackets = counters.forwardedPackets
        result.forwardedBytes = counters.forwardedBytes
        result.droppedPackets = Dictionary(
            uniqueKeysWithValues: counters.droppedPackets.map { ($0.key.name, $0.value) })
        result.handshakesCompleted = counters.handshakesCompleted
        result.handshakesFailed = counters.handshakesFailed
        await measure(into: &result)
        return result
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: max(0, length - count)) + self
    }
}
