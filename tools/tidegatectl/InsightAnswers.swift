/// `GET /v1/peers`.
struct PeerListAnswer: Decodable {
    struct Row: Decodable {
        let peer: String
        let since: String
        let state: String
        let band: String?
        let pair: String?
        let worker: Int?
    }

    let peers: [Row]
    let cursor: String?
}

/// `GET /v1/peers/{peer}`.
struct PeerShowAnswer: Decodable {
    struct Leg: Decodable {
        let worker: Int
        let state: String
        let path: PeerAnswer.Leg?
    }

    let peer: String
    let state: String
    let since: String
    let band: String?
    let bandExpires: String?
    let address: String?
    let identity: Bool
    let leg: Leg?
    let pair: String?
    let pairs: [String]

    private enum CodingKeys: String, CodingKey {
        case peer, state, since, band, address, identity, leg, pair, pairs
        case bandExpires = "band_expires"
    }
}

/// `GET /v1/pairs/{pair}/explain` and `GET /v1/peers/{peer}/explain`.
struct ExplainAnswer: Decodable {
    struct Person: Decodable {
        let name: String
        let peer: String
        let band: String?
    }

    struct Line: Decodable {
        let at: String
        let event: String
        let text: String
    }

    struct Verdict: Decodable {
        let from: String?
        let channel: String?
        let open: Bool
        let text: String
    }

    struct Packets: Decodable {
        let from: String
        let forwarded: PeerAnswer.Traffic
        let dropped: [String: UInt64]
    }

    let pair: String?
    let peer: String?
    let state: String
    let people: [Person]
    let lines: [Line]
    let leftOut: Int
    let verdict: [Verdict]
    let packets: [Packets]
    let pairs: [String]?

    private enum CodingKeys: String, CodingKey {
        case pair, peer, state, people, lines, verdict, packets, pairs
        case leftOut = "left_out"
    }
}

/// `GET /v1/overview`.
struct OverviewAnswer: Decodable, Sendable {
    struct Row: Decodable, Sendable {
        let pair: String
        let age: Double
        let peers: [String]
        let worker: Int?
        let open: Int
        let gates: Int
        let holds: [String]
        let packets: UInt64
        let bytes: UInt64
    }

    struct Traffic: Decodable, Sendable {
        let packets: UInt64
        let bytes: UInt64
    }

    let atMilliseconds: UInt64
    let version: String
    let uptimeSeconds: Double
    let peers: Int
    let waiting: Int
    let legs: Int
    let pairs: Int
    let gates: [String: Int]
    let forwarded: Traffic
    let droppedPackets: UInt64
    let cuts: UInt64
    let reportsWaiting: Int?
    let problems: [String]
    let list: [Row]

    private enum CodingKeys: String, CodingKey {
        case version, peers, waiting, legs, pairs, gates, forwarded, cuts, problems, list
        case atMilliseconds = "at_ms"
        case uptimeSeconds = "uptime_seconds"
        case droppedPackets = "dropped_packets"
        case reportsWaiting = "reports_waiting"
    }
}

/// `GET /v1/workers`; older servers have none.
struct WorkersAnswer: Decodable, Sendable {
    struct Worker: Decodable, Sendable {
        let worker: Int
        let legs: Int
        let pairs: Int
        let stuck: Bool
        /// 0 to 1.
        let busy: Double?
        let packetsPerSecond: Double?

        private enum CodingKeys: String, CodingKey {
            case worker, legs, pairs, stuck, busy
            case packetsPerSecond = "packets_per_second"
        }
    }

    let workers: [Worker]
}
