internal import RelayTypes
internal import Storage
internal import Switchboard
internal import Telemetry

/// What `GET /metrics` shows: the control plane, the packet path, the listener and the process.
internal struct MetricsPage {
    internal let snapshot: MetricsSnapshot
    internal let status: StatusReport
    internal let ready: Bool
    internal let front: FrontUsage

    internal var text: String {
        PrometheusText.render(
            controlPlane + desk + workers + packetPath + listener + ProcessUsage.now().families)
    }

    /// What became of reports.
    private var desk: [MetricFamily] {
        var families: [MetricFamily] = [
            .counter(MetricName.reportsReceived, snapshot.reportsReceived, help: "Reports received."),
            .counter(
                MetricName.reportsByOrigin, by: "origin", snapshot.reportsByOrigin,
                known: ReportOrigin.allCases.map(\.rawValue),
                help: "Reports received, by where they came from."),
            .counter(
                MetricName.reportsNotDurable, snapshot.reportsNotDurable,
                help: "Records that could not be written at the first attempt."),
            .counter(
                MetricName.reportsOverLimit, snapshot.reportsOverLimit,
                help: "Reports that cut and were too many to be written down."),
            .gauge(
                MetricName.reportsThatHold, Double(snapshot.reportsThatHold),
                help: "Reports that hold somebody with risk until they are decided."),
            .counter(
                MetricName.decisions, by: "decision", snapshot.decisions,
                known: ["upheld_none", "upheld_warn", "upheld_ban", "rejected_none"],
                help: "Decisions made, by outcome and action."),
            .counter(MetricName.appealsReceived, snapshot.appealsReceived, help: "Appeals received."),
            .counter(
                MetricName.appealsDecided, by: "answer", snapshot.appealsDecided,
                known: ["kept", "reversed"],
                help: "Appeals answered, by answer."),
            .counter(
                MetricName.sourcesRefused, snapshot.sourcesRefused,
                help: "Reports from outside with a wrong key."),
            .gauge(MetricName.bans, Double(snapshot.bans), help: "Bans in force."),
            .counter(
                MetricName.bannedRefused, snapshot.bannedRefused,
                help: "Connections turned away for a ban."),
        ]
        if let waiting = snapshot.reportsWaiting {
            families.append(
                .gauge(
                    MetricName.reportsWaiting, Double(waiting), help: "Reports that wait for a decision."))
        }
        return families
    }

    private var controlPlane: [MetricFamily] {
        [
            MetricFamily(
                MetricName.buildInfo, .gauge, help: "Always 1; the label tells the version.",
                samples: [MetricSample(.whole(1), labels: [.init("version", status.version)])]),
            .gauge(MetricName.ready, ready ? 1 : 0, help: "Whether /readyz says ready."),
            .gauge(MetricName.peers, Double(snapshot.peers), help: "Peers now, resumable ones included."),
            .gauge(MetricName.legs, Double(snapshot.legs), help: "Media legs now."),
            .gauge(MetricName.pairs, Double(snapshot.pairs), help: "Pairs now."),
            .gauge(MetricName.waitingPeers, Double(snapshot.waiting), help: "Peers that wait for a partner."),
            gates,
            .counter(MetricName.matches, snapshot.matches, help: "Pairs made."),
            .counter(
                MetricName.pairsEnded, by: "reason", snapshot.pairsEnded,
                known: ["next", "left", "lost", "report", "moderator", "policy", "different_bands"],
                help: "Pairs ended, by why."),
            .counter(
                MetricName.legsEnded, by: "reason", snapshot.legsEnded,
                known: [
                    "fingerprint_mismatch", "no_common_profile", "handshake_failed", "consent_expired",
                    "closed_by_browser", "keys_used_up", "timeout", "worker_stuck",
                ], help: "Legs that ended by themselves, by why."),
            .counter(
                MetricName.attestations, by: "outcome", snapshot.attestations,
                known: ["accepted", "attestation_invalid", "attestation_replayed", "underage"],
                help: "Age attestations, by outcome."),
            .histogram(
                MetricName.cutLatency, buckets: snapshot.cutLatencyBuckets, sum: snapshot.cutLatencySum,
                help: "From a report's or order's arrival to its being in force on the packet path."),
        ]
    }

    private var workers: [MetricFamily] {
        func each(_ name: String, help: String, _ value: (WorkerStatus) -> Int) -> MetricFamily {
            MetricFamily(
                name, .gauge, help: help,
                samples: snapshot.workers.map {
                    MetricSample(
                        .whole(UInt64(max(value($0), 0))), labels: [.init("worker", "\($0.worker)")])
                })
        }
        return [
            each(MetricName.workerLegs, help: "Media legs now, by worker.") { $0.legs },
            each(MetricName.workerPairs, help: "Video pairs now, by worker.") { $0.pairs },
            each(MetricName.workerStuck, help: "1 while a worker does not go round its loop.") {
                $0.isStuck ? 1 : 0
            },
            .counter(MetricName.workersStuck, snapshot.workersStuck, help: "Times a worker was found stuck."),
            .counter(
                MetricName.legMoves, by: "outcome", snapshot.legMoves, known: ["done", "failed"],
                help: "Legs moved to another worker, by outcome."),
        ]
    }

    /// Gates by channel and hold; `open` counts those with no hold.
    private var gates: MetricFamily {
        let samples = snapshot.gates.sorted { $0.key < $1.key }
            .flatMap { channel, holds in
                holds.sorted { $0.key < $1.key }
                    .map { hold, count in
                        MetricSample(
                            .whole(UInt64(max(count, 0))),
                            labels: [.init("channel", channel), .init("hold", hold)])
                    }
            }
        return MetricFamily(
            MetricName.gates, .gauge, help: "Gates by hold; one with two holds counts under both.",
            samples: samples)
    }

    private var packetPath: [MetricFamily] {
        [
            .counter(MetricName.receivedPackets, snapshot.receivedPackets, help: "Datagrams received."),
            .counter(MetricName.receivedBytes, snapshot.receivedBytes, help: "Bytes of those."),
            .counter(MetricName.forwardedPackets, snapshot.forwardedPackets, help: "Packets forwarded."),
            .counter(MetricName.forwardedBytes, snapshot.forwardedBytes, help: "Bytes of those."),
            .counter(
                MetricName.droppedPackets, by: "reason", snapshot.droppedPackets,
                known: DropReason.allCases.map(\.name), help: "Packets dropped, by why."),
            .counter(
                MetricName.handshakes, by: "outcome",
                ["completed": snapshot.handshakesCompleted, "failed": snapshot.handshakesFailed],
                help: "DTLS handshakes, by outcome."),
        ]
    }

    private var listener: [MetricFamily] {
        [
            .gauge(MetricName.connections, Double(front.connections), help: "Public connections now."),
            .gauge(MetricName.webSockets, Double(front.webSockets), help: "WebSockets now."),
            .counter(
                MetricName.refusedConnections, front.refused, help: "Connections refused for want of room."),
        ]
    }
}
