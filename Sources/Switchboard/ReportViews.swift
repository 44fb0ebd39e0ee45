package import RelayTypes

/// `GET /v1/reports`.
package struct ReportListView: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package var report: ReportID
        package var receivedAt: String
        package var state: String
        package var priority: Int
        package var reason: String
        package var origin: String
        package var source: String
        package var reporter: PeerID?
        package var reported: PeerID
        package var pair: PairID?
        package var live: Bool
        package var decisions: Int

        private enum CodingKeys: String, CodingKey {
            case report, state, priority, reason, origin, source, reporter, reported, pair, live, decisions
            case receivedAt = "received_at"
        }
    }

    package var reports: [Row]
    package var cursor: String?
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case reports, cursor
        case isAudited = "audited"
    }
}

/// `GET /v1/reports/{report}`.
package struct ReportView: Sendable, Encodable {
    package struct Line: Sendable, Encodable {
        package var at: String
        /// `reporter` or `reported`.
        package var from: String
        package var text: String
        /// Present and `true` where the partner never saw it.
        package var held: Bool?
    }

    package struct Proof: Sendable, Encodable {
        /// By `reporter` or `reported`, who sends, then by channel; `self` is the sender.
        package var holdsBefore: [String: [String: [String]]]
        package var holdsAfter: [String: [String: [String]]]
        package var inForceAt: String
        package var lastPacketAt: String?
        package var latencyMicroseconds: Int64
        package var packetsDroppedSince: Int64?
        package var countedUntil: String?

        private enum CodingKeys: String, CodingKey {
            case holdsBefore = "holds_before"
            case holdsAfter = "holds_after"
            case inForceAt = "in_force_at"
            case lastPacketAt = "last_packet_at"
            case latencyMicroseconds = "latency_us"
            case packetsDroppedSince = "packets_dropped_since"
            case countedUntil = "counted_until"
        }
    }

    package struct RetentionView: Sendable, Encodable {
        package var kind: String
        package var until: String?

        private enum CodingKeys: String, CodingKey {
            case kind = "class"
            case until
        }
    }

    package struct ReferralView: Sendable, Encodable {
        package var at: String
        package var by: String
        package var to: String
        package var reference: String?
        package var note: String?
    }

    package var report: ReportID
    package var receivedAt: String
    package var state: String
    package var priority: Int
    package var reason: String
    package var comment: String?
    package var origin: String
    package var source: String
    package var reporter: PeerID?
    package var reporterBand: Band?
    package var reported: PeerID
    package var reportedBand: Band?
    package var pair: PairID?
    package var pairStartedAt: String?
    package var pairEndedAt: String?
    package var sharedInterests: [String]
    package var live: Bool
    package var offsetMilliseconds: Int64
    package var inForceMicroseconds: Int64?
    package var proof: Proof?
    package var chatMessages: Int
    package var chat: [Line]
    package var signals: [String]
    /// Base64 of the sealed events: only the operator's private key opens them.
    package var captureEvents: String?
    package var decisions: [DecisionView]
    package var appeals: [AppealView]
    package var referrals: [ReferralView]
    package var retention: RetentionView
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case report, state, priority, reason, comment, origin, source, reporter, reported, pair, live, proof
        case chat, signals, decisions, appeals, referrals, retention
        case receivedAt = "received_at"
        case reporterBand = "reporter_band"
        case reportedBand = "reported_band"
        case pairStartedAt = "pair_started_at"
        case pairEndedAt = "pair_ended_at"
        case sharedInterests = "shared_interests"
        case offsetMilliseconds = "offset_ms"
        case inForceMicroseconds = "in_force_us"
        case chatMessages = "chat_messages"
        case captureEvents = "capture_events"
        case isAudited = "audited"
    }
}

/// One decision, as the admin API shows it.
package struct DecisionView: Sendable, Encodable {
    package var decision: DecisionID
    package var report: ReportID?
    package var appeal: AppealID?
    package var peer: PeerID?
    package var madeAt: String
    package var by: String
    package var byKind: String
    package var outcome: String
    package var action: String
    package var until: String?
    package var groundKind: String
    package var ground: String
    package var facts: String
    package var automatedDetection: Bool
    package var automatedDecision: Bool
    package var statement: String
    package var overturns: DecisionID?

    private enum CodingKeys: String, CodingKey {
        case decision, report, appeal, peer, by, outcome, action, until, ground, facts, statement, overturns
        case madeAt = "made_at"
        case byKind = "by_kind"
        case groundKind = "ground_kind"
        case automatedDetection = "automated_detection"
        case automatedDecision = "automated_decision"
    }
}

/// One appeal, as the admin API shows it.
package struct AppealView: Sendable, Encodable {
    package var appeal: AppealID
    package var decision: DecisionID
    package var report: ReportID?
    package var receivedAt: String
    package var text: String
    package var answeredBy: DecisionID?

    private enum CodingKeys: String, CodingKey {
        case appeal, decision, report, text
        case receivedAt = "received_at"
        case answeredBy = "answered_by"
    }
}

/// `GET /v1/appeals`.
package struct AppealListView: Sendable, Encodable {
    package var appeals: [AppealView]
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case appeals
        case isAudited = "audited"
    }
}

/// `GET /v1/reports/{report}/case`.
package struct CaseView: Sendable, Encodable {
    package var report: ReportView
    package var bans: [BanReport]
    package var audit: [AuditEntryView]
    package var head: AuditHeadView
}
