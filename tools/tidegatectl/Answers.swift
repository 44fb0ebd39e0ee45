/// `GET /v1/status`.
struct StatusAnswer: Decodable {
    let version: String
    let uptimeSeconds: Double
    let workers: Int
    let peers: Int
    let legs: Int
    let pairs: Int
    let waiting: Int
    let gates: [String: Int]
    let packetsPerSecond: Double
    /// Absent in answers of older servers.
    let perWorker: [Worker]?

    struct Worker: Decodable {
        let worker: Int
        let legs: Int
        let stuck: Bool
    }

    private enum CodingKeys: String, CodingKey {
        case version, workers, peers, legs, pairs, waiting, gates
        case perWorker = "per_worker"
        case uptimeSeconds = "uptime_seconds"
        case packetsPerSecond = "packets_per_second"
    }
}

/// `GET /v1/pairs`.
struct PairListAnswer: Decodable {
    struct Row: Decodable {
        let pair: String
        let since: String
        let peers: [String]
    }

    let pairs: [Row]
    let cursor: String?
}

/// `GET /v1/pairs/{pair}`.
struct PairAnswer: Decodable {
    let pair: String
    let since: String
    let peers: [PeerAnswer]
}

/// The answer to an order.
struct OrderAnswer: Decodable {
    let pair: String
    let inForceMicroseconds: Double
    let peers: [PeerAnswer]

    private enum CodingKeys: String, CodingKey {
        case pair, peers
        case inForceMicroseconds = "in_force_us"
    }
}

/// One of the two of a pair.
struct PeerAnswer: Decodable {
    struct Traffic: Decodable {
        let packets: UInt64
        let bytes: UInt64
    }

    struct Leg: Decodable {
        let address: String?
        let state: String
        let dtls: String?
        let srtp: String?
        let roundTripMilliseconds: Double?

        private enum CodingKeys: String, CodingKey {
            case address, state, dtls, srtp
            case roundTripMilliseconds = "rtt_ms"
        }
    }

    let peer: String
    let band: String?
    let gates: [String: [String]]
    let forwarded: Traffic
    let dropped: [String: UInt64]
    let leg: Leg?

    /// What this peer may send, and what has become of it.
    var entries: [(name: String, value: String)] {
        var entries: [(name: String, value: String)] = ["audio", "video", "chat"]
            .compactMap { channel in
                guard let holds = gates[channel] else { return nil }
                return (channel, holds.isEmpty ? "open" : "held: " + holds.joined(separator: ", "))
            }
        entries.append(("forwarded", "\(forwarded.packets) packets, \(forwarded.bytes) bytes"))
        let reasons = dropped.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        entries.append(("dropped", reasons.isEmpty ? "none" : reasons.joined(separator: ", ")))
        if let leg {
            var parts = [leg.state, leg.address, leg.dtls, leg.srtp].compactMap { $0 }
            if let time = leg.roundTripMilliseconds {
                parts.append("\((time * 10).rounded() / 10) ms")
            }
            entries.append(("leg", parts.joined(separator: ", ")))
        }
        return entries
    }
}
