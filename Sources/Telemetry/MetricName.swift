/// The name of every metric, in one place: dashboards and alerts depend on them.
///
/// `tidegate_<noun>_<unit>_total` for counters, base units throughout.
package enum MetricName: String, Sendable, CaseIterable {
    case buildInfo = "tidegate_build_info"
    case ready = "tidegate_ready"

    // People and what joins them.
    case peers = "tidegate_peers"
    case legs = "tidegate_legs"
    case pairs = "tidegate_pairs"
    case waitingPeers = "tidegate_waiting_peers"
    case gates = "tidegate_gates"
    case matches = "tidegate_matches_total"
    case pairsEnded = "tidegate_pairs_ended_total"
    case legsEnded = "tidegate_legs_ended_total"
    case legMoves = "tidegate_leg_moves_total"
    case attestations = "tidegate_attestations_total"
    case joinToConnected = "tidegate_join_to_connected_seconds"
    case joinToMatched = "tidegate_join_to_matched_seconds"
    case joinToFirstPacket = "tidegate_join_to_first_packet_seconds"

    // Orders.
    case cutLatency = "tidegate_cut_latency_seconds"
    case releaseLatency = "tidegate_release_latency_seconds"
    case ordersUnconfirmed = "tidegate_orders_unconfirmed_total"

    // Reports and what becomes of them.
    case reportsReceived = "tidegate_reports_received_total"
    case reportsByOrigin = "tidegate_reports_by_origin_total"
    case reportsOverLimit = "tidegate_reports_over_limit_total"
    case reportsWaiting = "tidegate_reports_waiting"
    case oldestReport = "tidegate_oldest_waiting_report_age_seconds"
    case reportsThatHold = "tidegate_reports_that_hold"
    case reportsNotDurable = "tidegate_reports_not_durable_total"
    case decisions = "tidegate_decisions_total"
    case appealsReceived = "tidegate_appeals_received_total"
    case appealsDecided = "tidegate_appeals_decided_total"
    case sourcesRefused = "tidegate_sources_refused_total"
    case bans = "tidegate_bans"
    case bannedRefused = "tidegate_banned_refused_total"

    // The operator's endpoint.
    case hookAnswers = "tidegate_hook_answers_total"
    case hookAnswerTime = "tidegate_hook_answer_seconds"
    case hookAllowedOnError = "tidegate_hook_allowed_on_error_total"
    case hookBreakerOpen = "tidegate_hook_breaker_open"
    case hookEvents = "tidegate_hook_events_total"
    case hookEventsWaiting = "tidegate_hook_events_waiting"
    case oldestHookEvent = "tidegate_hook_oldest_event_age_seconds"
    case hookEndpointGone = "tidegate_hook_endpoint_gone"

    // The packet path.
    case receivedPackets = "tidegate_received_packets_total"
    case receivedBytes = "tidegate_received_bytes_total"
    case sentPackets = "tidegate_sent_packets_total"
    case sentBytes = "tidegate_sent_bytes_total"
    case forwardedPackets = "tidegate_forwarded_packets_total"
    case forwardedBytes = "tidegate_forwarded_bytes_total"
    case droppedPackets = "tidegate_dropped_packets_total"
    case handshakes = "tidegate_handshakes_total"
    case workerLegs = "tidegate_worker_legs"
    case workerPairs = "tidegate_worker_pairs"
    case workerStuck = "tidegate_worker_stuck"
    case workerBusy = "tidegate_worker_busy_seconds_total"
    case workersStuck = "tidegate_workers_stuck_total"

    // What waits, and where it is kept.
    case queueEntries = "tidegate_queue_entries"
    case commits = "tidegate_commits_total"
    case databaseSize = "tidegate_database_size_bytes"

    // The public listener.
    case connections = "tidegate_http_connections"
    case webSockets = "tidegate_websockets"
    case refusedConnections = "tidegate_http_refused_connections_total"
    case certificateExpiry = "tidegate_certificate_expiry_timestamp_seconds"

    // As every Prometheus client library names them.
    case processCPU = "process_cpu_seconds_total"
    case processMemory = "process_resident_memory_bytes"
    case processDescriptors = "process_open_fds"
    case processDescriptorLimit = "process_max_fds"
    case processStart = "process_start_time_seconds"
}
