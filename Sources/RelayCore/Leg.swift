internal import DTLS
internal import MediaControl
internal import RelayTypes

/// One browser's transport: ICE-lite, then DTLS, then SRTP.
///
/// Built before there is a partner, and outlives partners.
///
/// Nothing but an authenticated binding request opens the way to DTLS (a path), nothing but DTLS the way to SRTP
/// (a cipher).
internal struct Leg: ~Copyable {
    internal let slot: LegSlot
    internal let credentials: ICECredentials
    /// The server's own CNAME towards this browser, in UTF-8 (RFC 3550 §6.5.1).
    internal let canonicalName: [UInt8]
    internal let sources: OutboundSources
    /// What the browser's answer said; `nil` before it was read, and until then DTLS is not listened to.
    internal var browser: BrowserParameters?
    internal var state = LegSnapshot.State.waiting
    /// Whether its answer took the video section; video goes neither to nor from a browser that rejected it.
    internal var hasVideo = true

    internal var paths = PathSet()
    /// Whether the control plane has yet to be told that the leg has moved, and when it was told last.
    internal var hasUntoldMove = false
    internal var toldMoveAt: MonotonicInstant?
    internal var association: DTLSAssociation?
    /// When the flight that waits for the browser's answer was first sent; `nil` once it was repeated.
    internal var flightSentAt: MonotonicInstant?
    /// When DTLS wants to repeat a flight.
    internal var retransmitAt = MonotonicInstant.never
    /// In nanoseconds, measured on the handshake.
    internal var roundTrip: UInt64?
    internal var profile: SRTPProfile?
    /// For example `DTLSv1.2`.
    internal var dtlsVersion: String?
    internal var cipher: LegCipher?

    internal var inbound = InboundSources()
    internal var outbound: OutboundStreams
    /// What arrived from this browser, by transport-wide number.
    internal var ledger = TransportLedger()
    /// What of it nobody received.
    internal var held = HeldMedia()
    /// When the server last asked this browser for a key frame.
    internal var keyFrameRequestedAt: MonotonicInstant?

    /// Index of the pair that it is in, and its side there.
    internal var pair: Int?
    internal var side = Side.first

    internal init(slot: LegSlot, parameters: LegParameters) {
        self.slot = slot
        credentials = parameters.credentials
        sources = parameters.sources
        canonicalName = Array(parameters.canonicalName.utf8.prefix(255))
        outbound = OutboundStreams(parameters.sources)
    }

    /// Whether media may be sent to it now: its keys are there, and its address has consented (RFC 7675 §5.1).
    @inline(__always)
    internal func mayReceive(at now: MonotonicInstant, timeout: UInt64) -> Bool {
        if case .connected = state { paths.mayReceive(at: now, timeout: timeout) } else { false }
    }

    internal var snapshot: LegSnapshot {
        LegSnapshot(
            state: state, remote: paths.selected, profile: profile,
            dtlsVersion: state == .connected ? dtlsVersion : nil,
            roundTripMilliseconds: roundTrip.map { Double($0) / 1_000_000 })
    }
}
