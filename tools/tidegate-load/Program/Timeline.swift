internal import LoadEngine

/// What was known at one moment of a run: the charts are made of these, and so are the rates.
struct Moment: Sendable, Equatable, Codable {
    /// Seconds since the run began.
    var at: Double
    /// People whose media has connected, so far.
    var legsConnected: UInt64 = 0
    var matches: UInt64 = 0
    var sentPackets: UInt64 = 0
    var receivedPackets: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var lostPackets: UInt64 = 0
    var leaks: UInt64 = 0
    /// `nil` without `--admin`, and while the server does not answer.
    var serverCPU: Double?
    var serverMemory: Double?
    var serverReceived: Double?
    var serverForwarded: Double?
    var toolCPU = 0.0

    private enum CodingKeys: String, CodingKey {
        case at, matches, leaks
        case legsConnected = "legs_connected"
        case sentPackets = "sent_packets"
        case receivedPackets = "received_packets"
        case receivedBytes = "received_bytes"
        case lostPackets = "lost_packets"
        case serverCPU = "server_cpu_seconds"
        case serverMemory = "server_memory_bytes"
        case serverReceived = "server_received_packets"
        case serverForwarded = "server_forwarded_packets"
        case toolCPU = "tool_cpu_seconds"
    }

    init(at: Double) { self.at = at }
}

/// The moments of a run, oldest first.
struct Timeline: Sendable, Equatable {
    private(set) var moments: [Moment] = []

    mutating func add(_ moment: Moment) { moments.append(moment) }

    /// A counter's change a second between one moment and the next; a counter that falls back began anew.
    func rates(_ value: (Moment) -> Double?) -> [(at: Double, rate: Double)] {
        zip(moments, moments.dropFirst())
            .compactMap { before, after in
                guard let old = value(before), let new = value(after), after.at > before.at else {
                    return nil
                }
                return (after.at, max(new - old, 0) / (after.at - before.at))
            }
    }

    /// The moments from `start` on, to measure a steady state by.
    func since(_ start: Double) -> ArraySlice<Moment> {
        moments.drop { $0.at < start }
    }
}
