internal import MediaControl
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
            controlPlane + orders + desk + HookFamilies.all(of: snapshot.hooks) + workers + packetPath
                + waiting + listener
                + ProcessUsage.now().families)
    }

    private var controlPlane: [MetricFamily] {
        [
            MetricFamily(
                .buildInfo, samples: [MetricSample(.whole(1), labels: [.init("version", status.version)])]),
            .of(.ready, ready ? 1 : 0),
            .of(.peers, Self.whole(snapshot.peers)),
            .of(.legs, Self.whole(snapshot.legs)),
            .of(.pairs, Self.whole(snapshot.pairs)),
            .of(.waitingPeers, Self.whole(snapshot.waiting)),
            gates,
            .of(.matches, snapshot.matches),
            .of(
                .pairsEnded, by: "reason", snapshot.pairsEnded,
                known: [
                    "next", "left", "lost", "report", "moderator", "policy", "different_bands", "draining",
                ]),
            .of(
                .legsEnded, by: "reason", snapshot.legsEnded,
                known: [
                    "fingerprint_mismatch", "no_common_profile", "handshake_failed", "consent_expired",
                    "closed_by_browser", "keys_used_up", "timeout", "worker_stuck",
                ]),
            .of(
                .attestations, by: "outcome", snapshot.attestations,
                known: ["accepted", "attestation_invalid", "attestation_replayed", "underage"]),
            Self.histogram(.joinToConnected, snapshot.joinToConnected),
            Self.histogram(.joinToMatched, snapshot.joinToMatched),
            Self.histogram(.joinToFirstPacket, snapshot.joinToFirstPacket),
        ]
    }

    /// Gates by channel and hold; `open` counts those with no hold.
    private var gates: MetricFamily {
        let holds = ["open"] + Holds.named.map(\.name)
        let samples = Channel.allCases.map(\.name).sorted()
            .flatMap { channel in
                holds.sorted()
                    .map { hold in
                        MetricSample(
                            .whole(Self.whole(snapshot.gates[channel]?[hold] ?? 0)),
                            labels: [.init("channel", channel), .init("hold", hold)])
                    }
            }
        return MetricFamily(.gates, samples: samples)
    }

    private var orders: [MetricFamily] {
        [
            Self.histogram(.cutLatency, snapshot.cutLatency),
            Self.histogram(.releaseLatency, snapshot.releaseLatency),
            .of(.ordersUnconfirmed, snapshot.ordersUnconfirmed),
        ]
    }

    /// What became of reports.
    private var desk: [MetricFamily] {
        var families: [MetricFamily] = [
            .of(.reportsReceived, snapshot.reportsReceived),
            .of(
                .reportsByOrigin, by: "origin", snapshot.reportsByOrigin,
                known: ReportOrigin.allCases.map(\.rawValue)),
            .of(.reportsNotDurable, snapshot.reportsNotDurable),
            .of(.reportsOverLimit, snapshot.reportsOverLimit),
            .of(.reportsThatHold, Self.whole(snapshot.reportsThatHold)),
            .of(
                .decisions, by: "decision", snapshot.decisions,
                known: ["upheld_none", "upheld_warn", "upheld_ban", "rejected_none"]),
            .of(.appealsReceived, snapshot.appealsReceived),
            .of(.appealsDecided, by: "answer", snapshot.appealsDecided, known: ["kept", "reversed"]),
            .of(.sourcesRefused, snapshot.sourcesRefused),
            .of(.bans, Self.whole(snapshot.bans)),
            .of(.bannedRefused, snapshot.bannedRefused),
        ]
        if let waiting = snapshot.reportsWaiting {
            families.append(.of(.reportsWaiting, Self.whole(waiting)))
        }
        if let age = snapshot.oldestReportSeconds { families.append(.real(.oldestReport, age)) }
        return families
    }

    private var workers: [MetricFamily] {
        func each(_ name: MetricName, _ value: (WorkerStatus) -> Int) -> MetricFamily {
            MetricFamily(
                name,
                samples: snapshot.workers.map {
                    MetricSample(.whole(Self.whole(value($0))), labels: [.init("worker", "\($0.worker)")])
                })
        }
        return [
            each(.workerLegs) { $0.legs },
            each(.workerPairs) { $0.pairs },
            each(.workerStuck) { $0.isStuck ? 1 : 0 },
            MetricFamily(
                .workerBusy,
                samples: snapshot.workerBusySeconds.enumerated()
                    .map { worker, seconds in
                        MetricSample(.real(seconds), labels: [.init("worker", "\(worker)")])
                    }),
            .of(.workersStuck, snapshot.workersStuck),
            .of(.legMoves, by: "outcome", snapshot.legMoves, known: ["done", "failed"]),
        ]
    }

    private var packetPath: [MetricFamily] {
        func byKind(
            _ name: MetricName, _ table: [TrafficKind: Traffic], _ number: (Traffic) -> UInt64
        ) -> MetricFamily {
            MetricFamily(
                name,
                samples: TrafficKind.allCases.map { kind in
                    MetricSample(
                        .whole(number(table[kind] ?? Traffic())), labels: [.init("kind", kind.name)])
                })
        }
        return [
            byKind(.receivedPackets, snapshot.received) { $0.packets },
            byKind(.receivedBytes, snapshot.received) { $0.bytes },
            byKind(.sentPackets, snapshot.sent) { $0.packets },
            byKind(.sentBytes, snapshot.sent) { $0.bytes },
            .of(.forwardedPackets, snapshot.forwardedPackets),
            .of(.forwardedBytes, snapshot.forwardedBytes),
            .of(
                .droppedPackets, by: "reason", snapshot.droppedPackets,
                known: DropReason.allCases.map(\.name)),
            .of(
                .handshakes, by: "outcome",
                ["completed": snapshot.handshakesCompleted, "failed": snapshot.handshakesFailed]),
        ]
    }

    /// Queues and the database.
    private var waiting: [MetricFamily] {
        var families = [
            MetricFamily(
                .queueEntries,
                samples: QueueName.allCases.compactMap { queue in
                    snapshot.queues[queue]
                        .map { count in
                            MetricSample(
                                .whole(Self.whole(count)), labels: [.init("queue", queue.rawValue)])
                        }
                })
        ]
        if let commits = snapshot.commits, let failed = snapshot.failedCommits {
            families.append(.of(.commits, by: "outcome", ["done": commits, "failed": failed]))
        }
        if let bytes = snapshot.databaseBytes { families.append(.of(.databaseSize, bytes)) }
        return families
    }

    private var listener: [MetricFamily] {
        var families: [MetricFamily] = [
            .of(.connections, Self.whole(front.connections)),
            .of(.webSockets, Self.whole(front.webSockets)),
            .of(.refusedConnections, front.refused),
        ]
        if let expiry = front.certificateExpiry { families.append(.real(.certificateExpiry, expiry)) }
        return families
    }

    private static func whole(_ count: Int) -> UInt64 { UInt64(max(count, 0)) }

    private static func histogram(_ name: MetricName, _ durations: Durations) -> MetricFamily {
        .histogram(name, buckets: durations.buckets.map { ($0.upperBound, $0.count) }, sum: durations.sum)
    }
}
