package import RelayTypes

/// What the server may say (PROTOCOL.md section 2.2).
///
/// Times are RFC 3339 UTC with milliseconds, as text.
package enum ServerMessage: Sendable, Equatable {
    case welcome(Welcome)
    case nonce(nonce: String, expires: String)
    case age(band: Band, expires: String, nonce: String)
    case queued(waiting: Int)
    case offer(sdp: String, iceRestart: Bool)
    case connected
    case matched(Matched)
    case gate(pair: PairID, inbound: ChannelHolds, outbound: ChannelHolds)
    case chat(text: String, at: String, pair: PairID)
    case chatSent(pair: PairID)
    case typing(on: Bool, pair: PairID)
    case notice(code: String, message: String)
    case partnerLeft(pair: PairID, why: PartnerLeft)
    case cut(pair: PairID, why: CutReason)
    case reportReceived(report: ReportID, pair: PairID)
    case appealReceived(decision: String)
    case banned(until: String?, decision: String, statement: Statement)
    case left
    case draining(reconnect: Bool, within: Int)
    case move(url: String)
    case error(code: ErrorCode, message: String)

    package enum PartnerLeft: String, Sendable, Equatable { case next, left, lost, cut }
    package enum CutReason: String, Sendable, Equatable { case report, moderator, policy }

    package struct Welcome: Sendable, Equatable {
        package var peer: PeerID
        package var resume: String
        package var resumed: Bool
        package var nonce: String
        package var reportReasons: [String]
        package var policy: PolicySummary
        package var iceServers: [ICEServer]

        package init(
            peer: PeerID, resume: String, resumed: Bool, nonce: String, reportReasons: [String],
            policy: PolicySummary, iceServers: [ICEServer] = []
        ) {
            self.peer = peer
            self.resume = resume
            self.resumed = resumed
            self.nonce = nonce
            self.reportReasons = reportReasons
            self.policy = policy
            self.iceServers = iceServers
        }
    }

    package struct ICEServer: Sendable, Equatable {
        package var urls: [String]
        package var username: String?
        package var credential: String?

        package init(urls: [String], username: String? = nil, credential: String? = nil) {
            self.urls = urls
            self.username = username
            self.credential = credential
        }
    }

    package struct Matched: Sendable, Equatable {
        package var pair: PairID
        package var receipt: String
        package var sharedInterests: [String]
        /// Only where it equals this peer's own.
        package var partnerBand: Band?
        package var partnerLanguages: [String]

        package init(
            pair: PairID, receipt: String, sharedInterests: [String], partnerBand: Band?,
            partnerLanguages: [String]
        ) {
            self.pair = pair
            self.receipt = receipt
            self.sharedInterests = sharedInterests
            self.partnerBand = partnerBand
            self.partnerLanguages = partnerLanguages
        }
    }

    package struct ChannelHolds: Sendable, Equatable {
        package var audio: Holds
        package var video: Holds
        package var chat: Holds

        package init(audio: Holds, video: Holds, chat: Holds) {
            self.audio = audio
            self.video = video
            self.chat = chat
        }
    }

    package struct Statement: Sendable, Equatable {
        package var ground: String
        package var facts: String
        package var automated: Bool
        package var redress: String

        package init(ground: String, facts: String, automated: Bool, redress: String) {
            self.ground = ground
            self.facts = facts
            self.automated = automated
            self.redress = redress
        }
    }
}

/// `error.code` (PROTOCOL.md section 2).
package enum ErrorCode: String, Sendable, CaseIterable {
    case badJSON = "bad_json"
    case badMessage = "bad_message"
    case unknownType = "unknown_type"
    case unsupportedVersion = "unsupported_version"
    case unauthorized
    case rateLimited = "rate_limited"
    case notJoined = "not_joined"
    case notPaired = "not_paired"
    case badSDP = "bad_sdp"
    case legFailed = "leg_failed"
    case attestationInvalid = "attestation_invalid"
    case attestationReplayed = "attestation_replayed"
    case underage
    case chatHeld = "chat_held"
    case chatRejected = "chat_rejected"
    case unknownPair = "unknown_pair"
    case unknownDecision = "unknown_decision"
    case unavailable
}

/// WebSocket close codes (PROTOCOL.md section 2; RFC 6455 §7.4).
package enum CloseCode: UInt16, Sendable, CaseIterable {
    case normal = 1000
    case goingAway = 1001
    case unsupportedData = 1003
    case invalidUTF8 = 1007
    case messageTooBig = 1009
    case draining = 1012
    case protocolError = 4000
    case unauthorized = 4001
    case banned = 4003
    case tooSlow = 4008
    case superseded = 4009
    case rateLimited = 4029
}
