package import RelayTypes

/// What the control plane tells a worker.
///
/// Values only; each is acknowledged by a ``MediaEvent`` with its ticket.
package enum MediaOrder: Sendable, Equatable {
    /// Takes a free slot for a browser that will be offered these credentials.
    case openLeg(LegSlot, LegParameters)
    /// The browser has answered: from now on its DTLS is listened to.
    case expectBrowser(LegSlot, BrowserParameters)
    /// Ends a leg with close_notify and frees its slot. A pair that it is in must have been parted before.
    case closeLeg(LegSlot)
    /// Joins two connected legs of one worker.
    case pair(PairSlot, first: LegSlot, second: LegSlot, gates: PairGates)
    /// Sets all gates of a pair.
    case setGates(PairSlot, PairGates)
    /// Ends a pair and frees its slot. The legs live on.
    case part(PairSlot)
    /// Asks for a pair's state; answered by ``MediaEvent/snapshot(_:_:)``.
    case inspect(PairSlot)
    /// Asks for a leg's state; answered by ``MediaEvent/legSnapshot(_:_:)``.
    case inspectLeg(LegSlot)
    /// Asks what all pairs of a worker have forwarded; answered by ``MediaEvent/survey(_:_:)``.
    case survey(worker: UInt16)
    /// Copies what passes the legs of a pair into a ring. Refused as stale while the worker carries out another one.
    case capture(PairSlot, CaptureRequest)
    /// Ends the capture into this ring; the end of its pair does, too.
    case endCapture(PairSlot, CaptureRing)

    /// The worker that it concerns.
    package var worker: UInt16 {
        switch self {
        case .openLeg(let slot, _), .expectBrowser(let slot, _), .closeLeg(let slot), .inspectLeg(let slot):
            slot.worker
        case .pair(let slot, _, _, _), .setGates(let slot, _), .part(let slot), .inspect(let slot),
            .capture(let slot, _), .endCapture(let slot, _):
            slot.worker
        case .survey(let worker): worker
        }
    }
}

/// What a leg needs before the browser is known.
package struct LegParameters: Sendable, Equatable {
    /// The server's own.
    ///
    /// `usernameFragment` must come from ``MediaPlane/credentials(for:using:)``, which lets the worker find
    /// the leg without a search.
    package let credentials: ICECredentials
    package let sources: OutboundSources
    /// CNAME of the server's own SDES towards this browser (RFC 3550 §6.5.1): at most 255 bytes of UTF-8.
    package let canonicalName: String

    package init(credentials: ICECredentials, sources: OutboundSources, canonicalName: String) {
        self.credentials = credentials
        self.sources = sources
        self.canonicalName = canonicalName
    }
}

/// What the browser's answer told.
package struct BrowserParameters: Sendable, Equatable {
    /// The browser's.
    ///
    /// The server never sends checks, so the password is not kept.
    package let usernameFragment: String
    package let fingerprint: CertificateFingerprint
    package let hasVideo: Bool

    package init(usernameFragment: String, fingerprint: CertificateFingerprint, hasVideo: Bool) {
        self.usernameFragment = usernameFragment
        self.fingerprint = fingerprint
        self.hasVideo = hasVideo
    }
}
