/// `GET /v1/reports`.
struct ReportListAnswer: Decodable {
    struct Row: Decodable {
        let report: String
        let receivedAt: String
        let state: String
        let priority: Int
        let reason: String
        let origin: String
        let source: String
        let reported: String
        let live: Bool
        let decisions: Int

        private enum CodingKeys: String, CodingKey {
            case report, state, priority, reason, origin, source, reported, live, decisions
            case receivedAt = "received_at"
        }
    }

    let reports: [Row]
    let cursor: String?
}

/// `GET /v1/reports/{report}`.
struct ReportAnswer: Decodable {
    struct Line: Decodable {
        let at: String
        let from: String
        let text: String
        let held: Bool?
    }

    struct Proof: Decodable {
        let inForceAt: String
        let lastPacketAt: String?
        let latencyMicroseconds: Int64
        let packetsDroppedSince: Int64?
        let countedUntil: String?

        private enum CodingKeys: String, CodingKey {
            case inForceAt = "in_force_at"
            case lastPacketAt = "last_packet_at"
            case latencyMicroseconds = "latency_us"
            case packetsDroppedSince = "packets_dropped_since"
            case countedUntil = "counted_until"
        }
    }

    struct Retention: Decodable {
        let kind: String
        let until: String?

        private enum CodingKeys: String, CodingKey {
            case kind = "class"
            case until
        }
    }

    struct Referral: Decodable {
        let at: String
        let by: String
        let to: String
        let reference: String?
        let note: String?
    }

    let report: String
    let receivedAt: String
    let state: String
    let priority: Int
    let reason: String
    let comment: String?
    let origin: String
    let source: String
    let reporter: String?
    let reporterBand: String?
    let reported: String
    let reportedBand: String?
    let pair: String?
    let pairStartedAt: String?
    let pairEndedAt: String?
    let sharedInterests: [String]
    let live: Bool
    let offsetMilliseconds: Int64
    let proof: Proof?
    let chatMessages: Int
    let chat: [Line]
    let signals: [String]
    /// Base64.
    let captureEvents: String?
    let decisions: [DecisionAnswer]
    let appeals: [AppealAnswer]
    let referrals: [Referral]
    let retention: Retention

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
        case chatMessages = "chat_messages"
        case captureEvents = "capture_events"
    }
}

/// One decision.
struct DecisionAnswer: Decodable {
    let decision: String
    let madeAt: String
    let by: String
    let byKind: String
    let outcome: String
    let action: String
    let until: String?
    let groundKind: String
    let ground: String
    let facts: String
    let automatedDetection: Bool
    let automatedDecision: Bool
    let statement: String
    let overturns: String?

    private enum CodingKeys: String, CodingKey {
        case decision, by, outcome, action, until, ground, facts, statement, overturns
        case madeAt = "made_at"
        case byKind = "by_kind"
        case groundKind = "ground_kind"
        case automatedDetection = "automated_detection"
        case automatedDecision = "automated_decision"
    }
}

/// One appeal.
struct AppealAnswer: Decodable {
    let appeal: String
    let decision: String
    let report: String?
    let receivedAt: String
    let text: String
    let answeredBy: String?

    private enum CodingKeys: String, CodingKey {
        case appeal, decision, report, text
        case receivedAt = "received_at"
        case answeredBy = "answered_by"
    }
}

/// `GET /v1/appeals`.
struct AppealListAnswer: Decodable {
    let appeals: [AppealAnswer]
}

/// `GET /v1/reports/{report}/case`.
struct CaseAnswer: Decodable {
    let report: ReportAnswer
    let bans: [BanAnswer]
    let audit: [AuditEntryAnswer]
}

/// The answer to an order about a report, a case or an appeal.
struct OrderReceiptAnswer: Decodable {
    let decision: String?
    let ban: String?
    let lifted: String?
    let overturns: String?
    let audited: Bool?
}
