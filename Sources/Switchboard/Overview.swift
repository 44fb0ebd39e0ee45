import Matchmaking
import MediaControl
package import RelayTypes
import Storage

/// `GET /v1/overview`: totals and live pairs at one moment, for whoever looks every second.
///
/// Counts only grow, so that two answers give rates.
package struct Overview: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package var pair: PairID
        /// How long ago the two were matched, in seconds.
        package var age: Double
        package var peers: [PeerID]
        /// Absent for a text pair.
        package var worker: Int?
        /// Gates that are open, of those that the pair has.
        package var open: Int
        package var gates: Int
        /// Every hold that one of its gates has.
        package var holds: [String]
        /// Forwarded so far, of both sides.
        package var packets: UInt64
        package var bytes: UInt64
    }

    /// On the server's monotonic clock, in milliseconds: what rates are made of.
    package var atMilliseconds: UInt64
    package var version: String
    package var uptimeSeconds: Double
    package var peers: Int
    package var waiting: Int
    package var legs: Int
    package var pairs: Int
    package var gates: [String: Int]
    package var forwarded: PairReport.Traffic
    package var droppedPackets: UInt64
    /// Pairs that a report, an operator or a rule has ended.
    package var cuts: UInt64
    /// Absent while the database cannot be read; the number of before while the disk does not answer.
    package var reportsWaiting: Int?
    package var problems: [String]
    /// The oldest first, as many as were asked for.
    package var list: [Row]

    private enum CodingKeys: String, CodingKey {
        case version, peers, waiting, legs, pairs, gates, forwarded, cuts, problems, list
        case atMilliseconds = "at_ms"
        case uptimeSeconds = "uptime_seconds"
        case droppedPackets = "dropped_packets"
        case reportsWaiting = "reports_waiting"
    }
}

extension Switchboard {
    /// Costs one order for each worker and one pass over the pairs; texts are made of it away from the actor.
    ///
    /// - Parameter limit: most rows, 0 to 1,000.
    package func overview(limit: Int) async -> Overview {
        let limit = min(max(limit, 0), 1_000)
        let traffic = limit == 0 ? [:] : await surveyAll()
        let readiness = await isReady()
        let waiting = await records.waitingReports()
        let counters = media.counters()
        let now = media.now
        let cut: [EndReason] = [.report(by: .first), .moderator, .policy]
        let oldest = pairs.values
            .map { (key: PageKey(at: $0.startedAt.nanoseconds, id: $0.id.text), pair: $0) }
            .sorted { $0.key < $1.key }.prefix(limit)
        return Overview(
            atMilliseconds: now.nanoseconds / 1_000_000, version: configuration.version,
            uptimeSeconds: Double(now.nanoseconds(since: startedAt)) / 1e9, peers: peers.count,
            waiting: waitingRoom.count, legs: legOwners.count, pairs: pairs.count, gates: status().gates,
            forwarded: .init(packets: counters.forwardedPackets, bytes: counters.forwardedBytes),
            droppedPackets: counters.droppedPackets.values.reduce(0, &+),
            cuts: cut.reduce(0) { $0 + counts.pairsEnded[$1.name, default: 0] }, reportsWaiting: waiting,
            problems: readiness.problems,
            list: oldest.map { row(of: $0.pair, traffic, at: now) })
    }

    private func row(
        of pair: LivePair, _ traffic: [PairSlot: PairTraffic], at now: MonotonicInstant
    ) -> Overview.Row {
        let channels = pair.slot == nil ? [Channel.chat] : Channel.allCases
        var holds = Holds()
        var open = 0
        for side in Side.allCases {
            for channel in channels {
                holds.formUnion(pair.gates[side, channel])
                if pair.gates[side, channel].isEmpty { open += 1 }
            }
        }
        let sent = pair.slot.flatMap { traffic[$0] }
        return Overview.Row(
            pair: pair.id, age: Double(now.nanoseconds(since: pair.startedAt)) / 1e9,
            peers: [pair.first.id, pair.second.id], worker: pair.slot.map { Int($0.worker) }, open: open,
            gates: 2 * channels.count, holds: holds.names,
            packets: sent.map { $0.firstPackets &+ $0.secondPackets } ?? 0,
            bytes: sent.map { $0.firstBytes &+ $0.secondBytes } ?? 0)
    }
}
