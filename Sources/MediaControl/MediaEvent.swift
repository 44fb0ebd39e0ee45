package import RelayTypes

/// What a worker tells the control plane.
package enum MediaEvent: Sendable {
    /// The order is in force: no packet under the old state can leave any more. `tally` comes with ``MediaOrder/part(_:)``.
    case inForce(Ticket, at: MonotonicInstant, tally: PairTally?)
    /// The slot that the order names has another tenant, or none.
    case stale(Ticket)
    /// ICE and DTLS are up, and the keys are in place.
    case connected(LegSlot)
    /// The leg has ended by itself; the slot stays taken until ``MediaOrder/closeLeg(_:)``.
    case ended(LegSlot, LegEnd)
    /// An authenticated check has moved the leg to another address.
    case moved(LegSlot, Endpoint)
    /// The first packet of this side's media has gone on to the partner.
    case started(PairSlot, from: Side, at: MonotonicInstant)
    case snapshot(Ticket, PairSnapshot)
    case legSnapshot(Ticket, LegSnapshot)
    case survey(Ticket, [PairTraffic])
}

/// What the two of a pair have sent so far and had forwarded, without the reasons for what was not.
package struct PairTraffic: Sendable, Equatable, BitwiseCopyable {
    package let slot: PairSlot
    package let firstPackets: UInt64
    package let firstBytes: UInt64
    package let secondPackets: UInt64
    package let secondBytes: UInt64

    package init(
        slot: PairSlot, first: (packets: UInt64, bytes: UInt64), second: (packets: UInt64, bytes: UInt64)
    ) {
        self.slot = slot
        (firstPackets, firstBytes) = first
        (secondPackets, secondBytes) = second
    }
}

/// Why a leg ended by itself.
package enum LegEnd: Sendable, Equatable {
    /// The certificate is not the one that the answer promised (RFC 8122 §5).
    case fingerprintMismatch
    /// No SRTP profile in common (RFC 5764 §4.1.2).
    case noCommonProfile
    /// The DTLS handshake failed; the text is OpenSSL's.
    case handshakeFailed(String)
    /// No consent for 30 s (RFC 7675 §5.1).
    case consentExpired
    /// The browser said close_notify.
    case closedByBrowser
    /// Its SRTP keys have nearly protected as many packets as they may (RFC 3711 §9.2).
    case keysUsedUp

    /// A name for metrics and logs: a closed set.
    package var name: String {
        switch self {
        case .fingerprintMismatch: "fingerprint_mismatch"
        case .noCommonProfile: "no_common_profile"
        case .handshakeFailed: "handshake_failed"
        case .consentExpired: "consent_expired"
        case .closedByBrowser: "closed_by_browser"
        case .keysUsedUp: "keys_used_up"
        }
    }
}

/// What one side of a pair sent, and what became of it.
package struct SideTally: Sendable, Equatable {
    /// RTP and RTCP packets of this side that were forwarded to the partner.
    package var forwardedPackets: UInt64 = 0
    /// Bytes of those as sent, SRTP included, UDP and IP not.
    package var forwardedBytes: UInt64 = 0
    /// When the latest of them went, to a batch; `nil` where none did.
    package var lastForwardedAt: MonotonicInstant?
    /// Packets by reason; reasons with 0 are left out.
    package var dropped: [DropReason: UInt64] = [:]

    package init() {}
}

/// Both sides of a pair.
package struct PairTally: Sendable, Equatable {
    package var first = SideTally()
    package var second = SideTally()

    package init() {}

    package subscript(side: Side) -> SideTally { side == .first ? first : second }
}

/// A pair as its worker sees it.
package struct PairSnapshot: Sendable {
    package var tally: PairTally
    package var gates: PairGates
    package var first: LegSnapshot
    package var second: LegSnapshot

    package init(tally: PairTally, gates: PairGates, first: LegSnapshot, second: LegSnapshot) {
        self.tally = tally
        self.gates = gates
        self.first = first
        self.second = second
    }
}

/// A leg as its worker sees it.
package struct LegSnapshot: Sendable {
    package enum State: String, Sendable {
        case waiting
        case checked
        case handshaking
        case connected
        case ended
    }

    package var state: State
    /// Where it sends to; `nil` before the first authenticated check.
    package var remote: Endpoint?
    package var profile: SRTPProfile?
    /// For example `DTLSv1.2`.
    package var dtlsVersion: String?
    /// Measured on the DTLS handshake, in milliseconds.
    package var roundTripMilliseconds: Double?
    /// What came of it since its latest pair ended; `nil` where it has had none.
    package var sinceParted: SinceParted?

    package init(
        state: State, remote: Endpoint?, profile: SRTPProfile?, dtlsVersion: String?,
        roundTripMilliseconds: Double?, sinceParted: SinceParted? = nil
    ) {
        self.state = state
        self.remote = remote
        self.profile = profile
        self.dtlsVersion = dtlsVersion
        self.roundTripMilliseconds = roundTripMilliseconds
        self.sinceParted = sinceParted
    }
}

/// What a browser went on sending when its pair had ended.
package struct SinceParted: Sendable, Equatable, BitwiseCopyable {
    /// When the end was in force, as ``MediaEvent/inForce(_:at:tally:)`` tells it.
    package var at: MonotonicInstant
    /// Authenticated packets that were dropped for want of a pair; where it has a new one, until that began.
    package var droppedPackets: UInt64

    package init(at: MonotonicInstant, droppedPackets: UInt64) {
        self.at = at
        self.droppedPackets = droppedPackets
    }
}
