internal import DTLS
internal import MediaControl
internal import RelayTypes

/// One browser's transport: ICE-lite, then DTLS, then SRTP.
///
/// Built before there is a partner, and outlives partners.
///
/// Nothing but an authenticated binding request opens the way to DTLS (a path), nothing but DTLS the way to SRTP
/// (a cipher).
///
/// What each packet needs comes first, and together: with hundreds of legs each cache line counts.
internal struct Leg: ~Copyable {
    // MARK: For each packet

    internal var inbound = InboundSources()
    internal var state = LegSnapshot.State.waiting
    /// Whether its answer took the video section; video goes neither to nor from a browser that rejected it.
    internal var hasVideo = true
    internal var side = Side.first
    /// Index of the pair that it is in, with the side above; and of the other leg, as long as there is a pair.
    internal var pair: Int?
    internal var partner = 0
    /// What arrived from this browser, by transport-wide number.
    internal var ledger = TransportLedger()
    internal var outbound: OutboundStreams
    internal var cipher: LegCipher?
    internal var paths = PathSet()
    /// What of what it sent nobody received.
    internal var held = HeldMedia()

    // MARK: For everything else

    internal let slot: LegSlot
    internal let credentials: ICECredentials
    /// The server's own CNAME towards this browser, in UTF-8 (RFC 3550 §6.5.1).
    internal let canonicalName: [UInt8]
    internal let sources: OutboundSources
    /// What the browser's answer said; `nil` before it was read, and until then DTLS is not listened to.
    internal var browser: BrowserParameters?
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
    /// When the server last asked this browser for a key frame.
    internal var keyFrameRequestedAt: MonotonicInstant?
    /// What came since its latest pair ended.
    internal var sinceParted: SinceParted?

    internal init(slot: LegSlot, parameters: LegParameters) {
        self.slot = slot
        credentials = parameters.credentials
        sources = parameters.sources
        canonicalName = Array(parameters.canonicalName.utf8.prefix(255))
        outbound = OutboundStreams(parameters.sources)
    }

    /// Bytes from the beginning on that a packet may need, from it or to it.
    internal static var warmBytes: Int {
        let numbers = MemoryLayout<InboundSources>.stride &+ MemoryLayout<TransportLedger>.stride
        let sending = MemoryLayout<OutboundStreams>.stride &+ MemoryLayout<LegCipher?>.stride
        // State, pair and partner; and the beginning of what is held, which says whether something is.
        return numbers &+ sending &+ MemoryLayout<PathSet>.stride &+ 40
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
            roundTripMilliseconds: roundTrip.map { Double($0) / 1_000_000 }, sinceParted: sinceParted)
    }
}
