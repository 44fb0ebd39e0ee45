package import FoundationEssentials
package import RelayTypes
package import Sealing

/// One report, complete in itself: it needs no other record, so that nothing can keep it from being written.
package struct ReportRecord: Sendable, Equatable {
    package var id: ReportID
    /// Kept to the millisecond, as all times here.
    package var receivedAt: Date
    package var origin: ReportOrigin
    /// Who brought it: `peer`, `receipt`, or the name of an outside source.
    package var source: String
    /// `nil` where it came from outside.
    package var reporter: PeerID?
    package var reported: PeerID
    /// What was proved of the reporter when the two were matched.
    package var reporterBand: Band?
    package var reportedBand: Band?
    /// What bans could hold on to, so that a reporter is known again; deleted with the report.
    package var reporterMarks: [BanMark]
    package var reportedMarks: [BanMark]
    /// `nil` for a report from outside about a peer without a pair.
    package var pair: PairID?
    /// Which side of the pair reported; where the report came from outside, the side that was not reported.
    package var reporterSide: Side?
    package var pairStartedAt: Date?
    /// `nil` while the pair was running when the report came.
    package var pairEndedAt: Date?
    package var sharedInterests: [String]
    /// One of the configured reasons.
    package var reason: String
    package var comment: String?
    /// What a classifier or a rule has matched.
    package var signals: [String]
    /// Whether the report ended a running pair.
    package var live: Bool
    /// From the start of the pair to the report, in milliseconds.
    package var offsetMilliseconds: Int64
    /// How many chat messages the pair had exchanged.
    package var chatMessages: Int
    /// The last of them, at most ``TranscriptLine/most``: earlier ones are left out when it is saved.
    package var transcript: [TranscriptLine]
    /// `nil` where nothing was left to cut.
    package var proof: CutProof?
    /// From the report's arrival to the cut being in force, in microseconds; older records have it without a proof.
    package var cutInForceMicroseconds: Int64?
    /// The gates as they stood before the cut; older records have them without a proof.
    package var gatesBefore: PairGates?
    /// Address and port of the reported peer over time; `nil` where no key to seal them is configured.
    package var captureEvents: SealedEvents?
    /// Oldest first.
    package var referrals: [Referral]
    /// The higher, the sooner somebody should look.
    package var priority: Int
    /// ``RetentionClass/legalHold`` while there is one; else what the decisions have made of it.
    package var retention: RetentionClass
    /// When it goes.
    ///
    /// To save: `nil` leaves that to the class and the configuration. As read: the date of the next sweep that may take
    /// it, `nil` under a legal hold.
    package var keepUntil: Date?

    package init(
        id: ReportID, receivedAt: Date,
        reporter: PeerID?, reported: PeerID, reporterBand: Band? = nil, reportedBand: Band? = nil,
        reporterMarks: [BanMark] = [], reportedMarks: [BanMark] = [], pair: PairID?, reporterSide: Side?,
        pairStartedAt: Date?, pairEndedAt: Date? = nil, sharedInterests: [String] = [], reason: String,
        comment: String? = nil, origin: ReportOrigin = .personInPair, source: String = "peer",
        signals: [String] = [], live: Bool, offsetMilliseconds: Int64,
        chatMessages: Int = 0, transcript: [TranscriptLine] = [], proof: CutProof? = nil,
        cutInForceMicroseconds: Int64? = nil, gatesBefore: PairGates? = nil,
        captureEvents: SealedEvents? = nil, referrals: [Referral] = [], priority: Int = 0,
        retention: RetentionClass = .noViolation, keepUntil: Date? = nil
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.origin = origin
        self.source = source
        self.reporter = reporter
        self.reported = reported
        self.reporterBand = reporterBand
        self.reportedBand = reportedBand
        self.reporterMarks = reporterMarks
        self.reportedMarks = reportedMarks
        self.pair = pair
        self.reporterSide = reporterSide
        self.pairStartedAt = pairStartedAt
        self.pairEndedAt = pairEndedAt
        self.sharedInterests = sharedInterests
        self.reason = reason
        self.comment = comment
        self.signals = signals
        self.live = live
        self.offsetMilliseconds = offsetMilliseconds
        self.chatMessages = chatMessages
        self.transcript = transcript
        self.proof = proof
        self.cutInForceMicroseconds = cutInForceMicroseconds
        self.gatesBefore = gatesBefore
        self.captureEvents = captureEvents
        self.referrals = referrals
        self.priority = priority
        self.retention = retention
        self.keepUntil = keepUntil
    }
}
