/// The name of every metric, in one place: dashboards and alerts depend on them.
///
/// `tidegate_<noun>_<unit>_total` for counters, base units throughout.
package enum MetricName {
    package static let buildInfo = "tidegate_build_info"
    package static let ready = "tidegate_ready"

    package static let peers = "tidegate_peers"
    package static let legs = "tidegate_legs"
    package static let pairs = "tidegate_pairs"
    package static let waitingPeers = "tidegate_waiting_peers"
    package static let gates = "tidegate_gates"
    package static let workerLegs = "tidegate_worker_legs"
    package static let workerPairs = "tidegate_worker_pairs"
    package static let workerStuck = "tidegate_worker_stuck"
    package static let workersStuck = "tidegate_workers_stuck_total"
    package static let legMoves = "tidegate_leg_moves_total"
    package static let connections = "tidegate_http_connections"
    package static let webSockets = "tidegate_websockets"

    package static let matches = "tidegate_matches_total"
    package static let pairsEnded = "tidegate_pairs_ended_total"
    package static let legsEnded = "tidegate_legs_ended_total"
    package static let attestations = "tidegate_attestations_total"
    package static let reportsReceived = "tidegate_reports_received_total"
    package static let bans = "tidegate_bans"
    package static let bannedRefused = "tidegate_banned_refused_total"
    package static let reportsNotDurable = "tidegate_reports_not_durable_total"
    package static let refusedConnections = "tidegate_http_refused_connections_total"

    package static let receivedPackets = "tidegate_received_packets_total"
    package static let receivedBytes = "tidegate_received_bytes_total"
    package static let forwardedPackets = "tidegate_forwarded_packets_total"
    package static let forwardedBytes = "tidegate_forwarded_bytes_total"
    package static let droppedPackets = "tidegate_dropped_packets_total"
    package static let handshakes = "tidegate_handshakes_total"
    package static let cutLatency = "tidegate_cut_latency_seconds"

    package static let processCPU = "process_cpu_seconds_total"
    package static let processMemory = "process_resident_memory_bytes"
    package static let processDescriptors = "process_open_fds"
}
