package import DTLS
package import MediaControl
package import RelayTypes
internal import STUNCodec
internal import Wire

/// What a worker must know to run its core.
package struct RelayCoreConfiguration: Sendable {
    package var worker: UInt16
    /// Most legs, and most pairs.
    package var legs: Int
    package var format: MediaFormat
    /// How long a browser is kept without a check of its own, in seconds (RFC 7675 §5.1).
    package var consentTimeout: UInt64 = 30
    /// The most that a sender is asked for while nobody receives its video, in bits per second.
    package var heldBitrate: UInt64 = 300_000
    package var srtp = SRTPImplementation.openssl
    /// A secret of this process, for the hash of addresses.
    package var seed: UInt64
    /// Slots for datagrams of the server's own between two flushes.
    package var transmitCapacity = 256

    package init(worker: UInt16, legs: Int, format: MediaFormat, seed: UInt64) {
        self.worker = worker
        self.legs = legs
        self.format = format
        self.seed = seed
    }
}

/// What became of one datagram.
package enum RelayOutcome: Sendable, Equatable, BitwiseCopyable {
    /// Send the first `length` bytes of the same slot there.
    case forward(length: Int, to: Endpoint)
    /// It was for the server itself, or its remainder is in the transmit queue.
    case consumed
    case dropped(DropReason)
}

/// Every leg and pair of one worker, without a socket, a clock or a thread.
///
/// Feed one thing (an order, a datagram, the time), send what ``transmits`` holds, read ``takeEvents()``. Orders are
/// given only while nothing is queued: what is acknowledged is then in force.
package struct RelayCore: ~Copyable {
    /// Most DTLS datagrams looked at in one turn: a handshake step costs 100 to 1,000 times a packet, and DTLS repeats
    /// what is lost.
    package static let handshakeBudget = 8
    /// The server asks a browser for a key frame at most once in this time, in nanoseconds.
    package static let keyFrameInterval: UInt64 = 300_000_000
    /// A path belongs to the leg that was checked on it within this time, in nanoseconds: a spoofed source address
    /// cannot take it away while its owner is alive (browsers check every 2.5 s to 5 s).
    package static let pathOwnership: UInt64 = 15_000_000_000

    /// The control plane is told of a leg's moves at most once in this time, in nanoseconds.
    package static let moveInterval: UInt64 = 100_000_000

    internal let worker: UInt16
    internal let format: MediaFormat
    /// In nanoseconds.
    internal let consentTimeout: UInt64
    internal let heldBitrate: UInt64
    internal let srtp: SRTPImplementation

    internal var legs: SlotTable<Leg>
    internal var pairs: SlotTable<Pair>
    internal var endpoints: EndpointTable
    internal var legTimers: DeadlineTable
    internal var pairTimers: DeadlineTable
    internal var stun = STUNServer()
    internal let dtls: DTLSContext
    internal var handshakesLeft = Self.handshakeBudget
    internal var events: [MediaEvent] = []
    internal var capture = CaptureDesk()
    /// Where feedback is put in order.
    internal var arrivals: [TransportArrival]

    /// What is to be sent.
    package var transmits: TransmitQueue
    package var counters = RelayCounters()

    /// - Parameter dtls: a server context with the certificate whose fingerprint is offered.
    package init(_ configuration: RelayCoreConfiguration, dtls: consuming DTLSContext) {
        let capacity = min(max(configuration.legs, 1), CredentialCodec.mostLegs)
        worker = configuration.worker
        format = configuration.format
        consentTimeout = configuration.consentTimeout &* 1_000_000_000
        heldBitrate = configuration.heldBitrate
        srtp = configuration.srtp
        let noArrival = TransportArrival(sequenceNumber: 0, microseconds: 0)
        arrivals = Array(repeating: noArrival, count: TransportLedger.capacity)
        legs = SlotTable(capacity: capacity)
        pairs = SlotTable(capacity: capacity)
        endpoints = EndpointTable(capacity: capacity * PathSet.capacity, seed: configuration.seed)
        legTimers = DeadlineTable(capacity: capacity)
        pairTimers = DeadlineTable(capacity: capacity)
        transmits = TransmitQueue(capacity: configuration.transmitCapacity)
        self.dtls = dtls
        events.reserveCapacity(256)
    }

    /// Legs that are open, ended ones included until they are closed.
    package var legCount: Int { legs.count }
    package var pairCount: Int { pairs.count }
    /// Addresses that authenticated checks have come from.
    package var endpointCount: Int { endpoints.count }

    /// When ``fireTimers(at:)`` is wanted.
    package var deadline: MonotonicInstant { min(legTimers.next, pairTimers.next) }

    /// Whether an authenticated check has come from an address: DTLS from anywhere else need not wait for its turn.
    package func isPath(_ source: Endpoint) -> Bool { endpoints.leg(at: source) != nil }

    /// Starts a turn: one batch of datagrams.
    package mutating func beginTurn() { handshakesLeft = Self.handshakeBudget }

    /// Whether ``takeEvents()`` has something to give.
    package var hasEvents: Bool { !events.isEmpty }

    /// Everything that happened since the last call, oldest first.
    package mutating func takeEvents() -> [MediaEvent] {
        let taken = events
        events.removeAll(keepingCapacity: true)
        return taken
    }

    /// Looks at one datagram.
    ///
    /// - Parameters:
    ///   - slot: the datagram, and behind it room for an SRTP trailer. Starts at an address that is a multiple of 4.
    ///   - length: bytes in the datagram.
    package mutating func receive(
        _ slot: inout MutableRawSpan, length: Int, from source: Endpoint, at now: MonotonicInstant
    ) -> RelayOutcome {
        guard length >= 0, length <= slot.byteCount,
            let kind = try? PacketKind(slot.bytes.extracting(0..<length))
        else {
            counters.received.add(.other, bytes: length)
            return drop(.unknownProtocol)
        }
        if capture.isActive {
            return receiveCaptured(kind, &slot, length: length, from: source, at: now)
        }
        return handle(kind, &slot, length: length, from: source, at: now)
    }

    @inline(__always)
    internal mutating func handle(
        _ kind: PacketKind, _ slot: inout MutableRawSpan, length: Int, from source: Endpoint,
        at now: MonotonicInstant
    ) -> RelayOutcome {
        switch kind {
        case .rtp:
            // A datagram that counts as RTP has at least two bytes (RFC 5761 §4).
            let role = StreamRole(payloadType: slot.bytes.byte(at: 1) & 0x7f, format: format)
            counters.received.add(role?.kind ?? .other, bytes: length)
            return relayMedia(&slot, length: length, role, from: source, at: now)
        case .rtcp:
            counters.received.add(.rtcp, bytes: length)
            return relayFeedback(&slot, length: length, from: source, at: now)
        case .stun:
            counters.received.add(.stun, bytes: length)
            return answerCheck(slot.bytes.extracting(0..<length), from: source, at: now)
        case .dtls:
            counters.received.add(.dtls, bytes: length)
            return handshake(slot.bytes.extracting(0..<length), from: source, at: now)
        }
    }

    /// Does what has fallen due: retransmits handshakes, ends legs without consent, tells senders what was held, asks
    /// for key frames again.
    package mutating func fireTimers(at now: MonotonicInstant) {
        if capture.isActive { capture.begin(at: now) }
        if legTimers.isDue(at: now) {
            var start = 0
            while transmits.room > 0, let index = legTimers.firstDue(from: start, at: now) {
                start = index + 1
                fireLegTimer(index, at: now)
            }
            legTimers.finishScan(at: now)
        }
        if pairTimers.isDue(at: now) {
            var start = 0
            while transmits.room > 1, let index = pairTimers.firstDue(from: start, at: now) {
                start = index + 1
                firePairTimer(index, at: now)
            }
            pairTimers.finishScan(at: now)
        }
        if capture.isActive { capture.finish() }
    }

    // MARK: Counting

    /// Counts a datagram that belongs to no leg.
    @inline(__always)
    internal mutating func drop(_ reason: DropReason) -> RelayOutcome {
        counters.dropped.add(reason)
        return .dropped(reason)
    }

    /// Counts a packet of a leg, for its pair too; without a pair, for the proof that its latest one has ended.
    @inline(__always)
    internal mutating func drop(_ reason: DropReason, from leg: Int) -> RelayOutcome {
        counters.dropped.add(reason)
        if let pair = legs[leg].pair {
            pairs[pair].dropped[legs[leg].side.index].add(reason)
        } else if reason == .noPair {
            legs[leg].sinceParted?.droppedPackets &+= 1
        }
        return .dropped(reason)
    }
}
