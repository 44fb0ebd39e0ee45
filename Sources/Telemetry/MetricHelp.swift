extension MetricName {
    /// One sentence for whoever sees the name for the first time.
    package var help: String {
        switch self {
        case .buildInfo: "Always 1; the label tells the version."
        case .ready: "Whether /readyz says ready."

        case .peers: "Peers now, resumable ones included."
        case .legs: "Media legs now."
        case .pairs: "Pairs now."
        case .waitingPeers: "Peers that wait for a partner."
        case .gates: "Gates by channel and hold; one with two holds counts under both."
        case .matches: "Pairs made."
        case .pairsEnded: "Pairs ended, by why."
        case .legsEnded: "Legs that ended by themselves, by why."
        case .legMoves: "Legs moved to another worker, by outcome."
        case .attestations: "Age attestations, by outcome."
        case .joinToConnected: "From the offer, which answers the first join, to a media connection."
        case .joinToMatched: "From join or next to a partner."
        case .joinToFirstPacket:
            "From join or next to the first packet of the partner, with proof and consent between them."

        case .cutLatency: "From a report's or order's arrival to its being in force on the packet path."
        case .releaseLatency: "From the last reason to hold being gone to an open gate on the packet path."
        case .ordersUnconfirmed: "Orders that a media worker did not confirm within 2 s."

        case .reportsReceived: "Reports received."
        case .reportsByOrigin: "Reports received, by where they came from."
        case .reportsOverLimit: "Reports that cut and were too many to be written down."
        case .reportsWaiting: "Reports that wait for a decision."
        case .oldestReport: "Age of the report that has waited longest for a decision; 0 where none waits."
        case .reportsThatHold: "Reports that hold somebody with risk until they are decided."
        case .reportsNotDurable: "Records that could not be written at the first attempt."
        case .decisions: "Decisions made, by outcome and action."
        case .appealsReceived: "Appeals received."
        case .appealsDecided: "Appeals answered, by answer."
        case .sourcesRefused: "Reports from outside with a wrong key."
        case .bans: "Bans in force."
        case .bannedRefused: "Connections turned away for a ban."

        case .hookAnswers:
            "Questions to the operator's endpoint, by what is asked, what holds, and whether it was answered."
        case .hookAnswerTime: "How long an answer took, or was waited for."
        case .hookAllowedOnError: "Questions without an answer that let something open, by what was asked."
        case .hookBreakerOpen: "1 while the endpoint is asked now and then only, for it does not answer."
        case .hookEvents:
            "Events taken by the endpoint, given up and lost for want of room; and attempts that failed."
        case .hookEventsWaiting: "Events that wait for the endpoint."
        case .oldestHookEvent:
            "Age of the event that has waited longest for the endpoint; 0 where none waits."
        case .hookEndpointGone: "1 while the endpoint wants no more events, by its own word (410)."

        case .receivedPackets: "Datagrams received, by what they claim to be."
        case .receivedBytes: "Bytes of the datagrams received, without UDP and IP."
        case .sentPackets: "Datagrams sent, by kind."
        case .sentBytes: "Bytes of the datagrams sent, without UDP and IP."
        case .forwardedPackets: "RTP and RTCP packets that went on to a partner."
        case .forwardedBytes: "Bytes of the packets that went on to a partner, as sent."
        case .droppedPackets: "Packets dropped, by why."
        case .handshakes: "DTLS handshakes, by outcome."
        case .workerLegs: "Media legs now, by worker."
        case .workerPairs: "Video pairs now, by worker."
        case .workerStuck: "1 while a worker does not go round its loop."
        case .workerBusy: "Time in which a worker's thread did not sleep; its rate is the busy share."
        case .workersStuck: "Times a worker was found stuck."

        case .queueEntries: "What waits between two parts of the server, by queue."
        case .commits: "Database transactions, by outcome."
        case .databaseSize: "Size of the database with its write-ahead log."

        case .connections: "Public connections now."
        case .webSockets: "WebSockets now."
        case .refusedConnections: "Connections refused for want of room."
        case .certificateExpiry: "When the certificate of the public listener ends, in Unix time."

        case .processCPU: "User and system CPU time spent."
        case .processMemory: "Resident memory size."
        case .processDescriptors: "Open file descriptors."
        case .processDescriptorLimit: "Most file descriptors that may be open."
        case .processStart: "When the process started, in Unix time."
        }
    }

    /// What a scraper may do with the numbers.
    package var kind: MetricFamily.Kind {
        switch self {
        case .joinToConnected, .joinToMatched, .joinToFirstPacket, .cutLatency, .releaseLatency,
            .hookAnswerTime:
            .histogram
        default: rawValue.hasSuffix("_total") ? .counter : .gauge
        }
    }
}
