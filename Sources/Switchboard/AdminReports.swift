package import Hooks
package import MediaControl
package import RelayTypes

/// `GET /v1/status` (PROTOCOL.md section 6).
package struct StatusReport: Sendable, Encodable {
    package var version: String
    package var uptimeSeconds: Double
    package var workers: Int
    package var perWorker: [WorkerStatus]
    package var peers: Int
    package var legs: Int
    package var pairs: Int
    package var waiting: Int
    /// Shut gates by hold name; a gate with two holds counts under both.
    ///
    /// `open` counts those without any.
    package var gates: [String: Int]
    package var packetsPerSecond: Double

    private enum CodingKeys: String, CodingKey {
        case version, workers, peers, legs, pairs, waiting, gates
        case perWorker = "per_worker"
        case uptimeSeconds = "uptime_seconds"
        case packetsPerSecond = "packets_per_second"
    }
}

/// One worker in `GET /v1/status`.
package struct WorkerStatus: Sendable, Encodable {
    /// Counted from 0; its port is the first worker's plus this.
    package var worker: Int
    package var legs: Int
    package var pairs: Int
    /// It has not gone round its loop for 1.5 s: its pairs were ended, and it gets no new legs.
    package var isStuck: Bool

    package init(worker: Int, legs: Int, pairs: Int, isStuck: Bool) {
        self.worker = worker
        self.legs = legs
        self.pairs = pairs
        self.isStuck = isStuck
    }

    private enum CodingKeys: String, CodingKey {
        case worker, legs, pairs
        case isStuck = "stuck"
    }
}

/// `GET /v1/pairs`.
package struct PairPage: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package var pair: PairID
        /// RFC 3339 UTC.
        package var since: String
        package var peers: [PeerID]
    }

    package var pairs: [Row]
    package var cursor: String?
}

/// `GET /v1/pairs/{pair}`, and `peers` of an order's answer.
package struct PairReport: Sendable, Encodable {
    package struct Traffic: Sendable, Encodable {
        package var packets: UInt64
        package var bytes: UInt64
    }

    package struct Leg: Sendable, Encodable {
        /// Whole only where the configuration shows addresses.
        package var address: String?
        package var state: String
        package var dtls: String?
        package var srtp: String?
        package var roundTripMilliseconds: Double?

        private enum CodingKeys: String, CodingKey {
            case address, state, dtls, srtp
            case roundTripMilliseconds = "rtt_ms"
        }
    }

    package struct Peer: Sendable, Encodable {
        package var peer: PeerID
        package var band: Band?
        /// By channel name; what this peer may send, `self` being this peer.
        package var gates: [String: [String]]
        package var forwarded: Traffic
        /// By reason name.
        package var dropped: [String: UInt64]
        /// Absent for text-only peers.
        package var leg: Leg?
    }

    package var pair: PairID
    package var since: String
    package var peers: [Peer]
}

/// What an operator may order about a pair.
package struct OperatorOrder: Sendable {
    package enum Action: String, Sendable, CaseIterable { case cut, hold, release }

    package var action: Action
    package var pair: PairID
    package var reason: String
    /// A peer of the pair, whose media it concerns; `nil`: both.
    package var from: PeerID?
    /// `nil`: all channels.
    package var channel: Channel?

    package init(action: Action, pair: PairID, reason: String, from: PeerID? = nil, channel: Channel? = nil) {
        self.action = action
        self.pair = pair
        self.reason = reason
        self.from = from
        self.channel = channel
    }
}

/// The answer to an order, given only when it is in force on the packet path.
package struct OrderReceipt: Sendable, Encodable {
    package var pair: PairID
    /// From the order's arrival to the moment from which no packet under the old state can leave.
    package var inForceMicroseconds: UInt64
    package var peers: [PairReport.Peer]
    /// Present and `false` where the audit log did not take it: it will when the disk does.
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case pair, peers
        case inForceMicroseconds = "in_force_us"
        case isAudited = "audited"
    }
}

/// `GET /readyz`.
package struct ReadinessReport: Sendable, Encodable {
    package var ready: Bool
    /// Sentences; empty when ready.
    package var problems: [String]
}

/// What `GET /metrics` shows of the control plane and the packet path.
///
/// Gauges unless said.
package struct MetricsSnapshot: Sendable {
    package var peers = 0
    package var legs = 0
    package var pairs = 0
    package var waiting = 0
    /// Gates by channel name and hold name (`open` for none).
    package var gates: [String: [String: Int]] = [:]
    /// Counter: pairs ended, by reason name.
    package var pairsEnded: [String: UInt64] = [:]
    /// Counter: attestations by outcome (`accepted`, or the error code).
    package var attestations: [String: UInt64] = [:]
    /// Counter: legs that ended by themselves, by reason name.
    package var legsEnded: [String: UInt64] = [:]
    package var workers: [WorkerStatus] = []
    /// Counter: times that a worker was found stuck.
    package var workersStuck: UInt64 = 0
    /// Counter: legs moved to another worker, by outcome.
    package var legMoves: [String: UInt64] = [:]
    /// Counters.
    package var matches: UInt64 = 0
    package var reportsReceived: UInt64 = 0
    package var reportsNotDurable: UInt64 = 0
    /// Counters.
    package var reportsByOrigin: [String: UInt64] = [:]
    package var reportsOverLimit: UInt64 = 0
    /// By `outcome_action`.
    package var decisions: [String: UInt64] = [:]
    package var appealsReceived: UInt64 = 0
    /// By answer.
    package var appealsDecided: [String: UInt64] = [:]
    package var sourcesRefused: UInt64 = 0
    /// Reports that wait for a decision; a gauge, absent while the database cannot be read.
    package var reportsWaiting: Int?
    /// Reports that hold somebody with `risk`; a gauge.
    package var reportsThatHold = 0
    /// Bans in force; a gauge.
    package var bans = 0
    package var bannedRefused: UInt64 = 0
    /// Counters, by what a datagram is.
    package var received: [TrafficKind: Traffic] = [:]
    package var sent: [TrafficKind: Traffic] = [:]
    package var forwardedPackets: UInt64 = 0
    package var forwardedBytes: UInt64 = 0
    /// Counter, by reason name.
    package var droppedPackets: [String: UInt64] = [:]
    package var handshakesCompleted: UInt64 = 0
    package var handshakesFailed: UInt64 = 0
    /// From a report's or order's arrival to its being in force.
    package var cutLatency = Durations()
    /// From the last reason to hold being gone to a gate that is open on the packet path.
    package var releaseLatency = Durations()
    package var joinToConnected = Durations()
    package var joinToMatched = Durations()
    package var joinToFirstPacket = Durations()
    /// Counter: orders that a worker did not confirm in time.
    package var ordersUnconfirmed: UInt64 = 0
    /// Counter, by worker: time in which its thread did not sleep.
    package var workerBusySeconds: [Double] = []
    /// How much waits; a queue that cannot be asked is left out.
    package var queues: [QueueName: Int] = [:]
    /// Counters: database transactions; absent while the database does not answer.
    package var commits: UInt64?
    package var failedCommits: UInt64?
    package var databaseBytes: UInt64?
    /// How long the report that has waited longest for a decision has; 0 where none waits.
    package var oldestReportSeconds: Double?
    /// Absent where there are none.
    package var hooks: HookStatus?

    package init() {}
}
