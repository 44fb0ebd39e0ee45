internal import RelayTypes
internal import Wire

/// What keeps a sender's congestion control alive while nobody receives what it sends (PROTOCOL.md section 3).
internal struct HeldMedia: BitwiseCopyable {
    /// Between two messages of transport-wide feedback, in nanoseconds.
    internal static let feedbackInterval: UInt64 = 100_000_000
    /// Between two receiver reports, and two REMBs, in nanoseconds.
    internal static let reportInterval: UInt64 = 1_000_000_000
    /// For how long the partner's feedback stands for the server's, in nanoseconds: receivers send it every 50 ms to
    /// 250 ms.
    internal static let partnerPatience: UInt64 = 500_000_000
    /// How often it is said that the cap is gone: a browser remembers a REMB for ever, and one may get lost.
    internal static let liftings = 3
    /// What a REMB says that is no cap, in bits per second.
    internal static let unlimited: UInt64 = 1_000_000_000

    /// Whether a packet of some stream was held since the last one of it that was forwarded.
    internal private(set) var isAnyActive = false
    /// Whether the last REMB was a cap.
    internal var isCapped = false
    internal var audio = HeldStream()
    internal var video = HeldStream()
    internal var retransmission = HeldStream()
    /// When something is to be told; ``RelayTypes/MonotonicInstant/never`` when there is nothing.
    internal var dueAt = MonotonicInstant.never
    internal var toldAt: MonotonicInstant?
    /// When the last receiver report or REMB was sent in this hold.
    internal var reportedAt: MonotonicInstant?
    /// When feedback of the partner was last passed on, or its numbering began: then it is given its time.
    internal var partnerToldAt: MonotonicInstant?
    internal var liftingsLeft = 0
    internal var feedbackCounter = FeedbackCounter()

    internal init() {}

    /// Takes note of a packet that went no further.
    internal mutating func note(_ packet: Splice.Inbound, at now: MonotonicInstant) {
        isAnyActive = true
        switch packet.role {
        case .audio:
            audio.hold(
                packet.ssrc, packet.sequenceNumber, timestamp: packet.timestamp, clock: 48, at: now)
        case .video:
            video.hold(
                packet.ssrc, packet.sequenceNumber, timestamp: packet.timestamp, clock: 90, at: now)
        case .retransmission:
            retransmission.hold(
                packet.ssrc, packet.sequenceNumber, timestamp: packet.timestamp, clock: 90, at: now)
        }
    }

    /// The report on a stream; `nil` when nothing of it was held.
    internal mutating func takeReport(on role: StreamRole, at now: MonotonicInstant) -> RTCPReportBlock? {
        switch role {
        case .audio: audio.takeReport(at: now)
        case .video: video.takeReport(at: now)
        case .retransmission: retransmission.takeReport(at: now)
        }
    }

    /// Packets of a stream that the report which was taken last is the first to call lost.
    internal func newlyLost(of role: StreamRole) -> Int32 {
        switch role {
        case .audio: audio.newlyLost
        case .video: video.newlyLost
        case .retransmission: retransmission.newlyLost
        }
    }

    /// Takes note of a packet that goes on.
    ///
    /// Retransmissions go where the video goes.
    @inline(__always)
    internal mutating func release(_ role: StreamRole) {
        guard isAnyActive else { return }
        if role == .audio {
            if audio.isActive { audio.release() }
        } else {
            if role == .video, video.isActive { video.release() }
            if retransmission.isActive { retransmission.release() }
        }
        isAnyActive = audio.isActive || video.isActive || retransmission.isActive
    }

    /// Sees to it that what is to be told is told in time.
    internal mutating func arm(at now: MonotonicInstant) {
        guard dueAt == .never else { return }
        let next = toldAt?.advanced(byNanoseconds: Self.feedbackInterval)
        if let next, next > now {
            dueAt = next
        } else {
            dueAt = now.advanced(byNanoseconds: Self.feedbackInterval)
        }
    }

    /// Whether the partner's feedback covers what is held beside it.
    internal func isCoveredByPartner(at now: MonotonicInstant) -> Bool {
        partnerToldAt.map { now.nanoseconds(since: $0) < Self.partnerPatience } ?? false
    }
}
