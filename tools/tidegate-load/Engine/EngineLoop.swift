internal import CLoadNet
internal import DTLS
internal import Histogram
internal import RelayTestKit
internal import RelayTypes
internal import SRTP
internal import STUNCodec
internal import Wire

/// One thread's peers, and their life: what is due, what comes in, what is wanted.
///
/// Nothing here is shared: orders come by the ``EngineMailbox``, events go by the ``EventQueue``, and the
/// ``PairLedger`` is read without a lock. Nothing of ours allocates for a media packet (Debian's libsrtp2 does).
struct EngineLoop: ~Copyable {
    /// Handshakes under way at once: a dozen round trips' worth, and not so many that media waits.
    private static let mostHandshakes = 24
    /// Timers that fire before sockets are looked at again.
    private static let mostTimers = 512
    /// How long a busy thread rests between two turns, in nanoseconds; arrivals bear the kernel's time all the same.
    private static let rest: UInt64 = 250_000
    /// How long an idle one sleeps at most.
    private static let nap: Int64 = 50_000_000

    let index: Int
    let settings: LoopSettings
    let plan: MediaPlan
    let ledger: PairLedger
    let mailbox: EngineMailbox
    let events: EventQueue
    let memory: PeerMemory
    let context: DTLSContext
    let poller: Int32
    /// What has come, and what goes out.
    let inbound: OpaquePointer
    let outbound: OpaquePointer
    let lengths: UnsafeMutablePointer<Int32>
    let tokens: UnsafeMutablePointer<UInt32>
    var wheel: TimingWheel
    var sessions: SlotStore<LibSRTPSession>
    var associations: SlotStore<DTLSAssociation>
    var checkers: SlotStore<STUNClient>
    var agents: SlotStore<FullICEAgent>
    /// Of each slot: what the server's certificate must be.
    var fingerprints: SlotStore<CertificateFingerprint>
    var traces: [[SentPacket]]
    /// Slots whose ICE is done and whose handshake has not begun.
    var waiting: [Int] = []
    var handshakes = 0
    /// Slots whose sockets had more than one turn may take.
    var again: [Int] = []
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC; `isSteady` says that it has not jumped lately.
    var clockOffset: UInt64
    var isClockSteady = true
    var tally = EngineTally()
    var oneWayDelay = Self.histogram()
    var jitter = Self.histogram()
    var lateness = Self.histogram()
    var waits = QueueWaits()

    init(
        index: Int, settings: LoopSettings, ledger: PairLedger, mailbox: EngineMailbox, events: EventQueue,
        certificate: DTLSCertificate
    ) throws(EngineError) {
        // What can fail comes first: an initialiser of an owner must not fail half-way.
        let context: DTLSContext
        do throws(DTLSError) {
            context = try DTLSContext(role: .client, certificate: certificate)
        } catch {
            throw .security("\(error)")
        }
        let poller = cloadnet_poller()
        guard poller >= 0 else { throw .system(what: "no epoll set for a thread", errno: -poller) }
        guard let inbound = cloadnet_batch_new() else {
            cloadnet_close(poller)
            throw .system(what: "no memory for a thread", errno: 12)
        }
        guard let outbound = cloadnet_batch_new() else {
            cloadnet_batch_free(inbound)
            cloadnet_close(poller)
            throw .system(what: "no memory for a thread", errno: 12)
        }
        let watched = cloadnet_watch(poller, mailbox.descriptor, .max)
        guard watched == 0 else {
            cloadnet_batch_free(inbound)
            cloadnet_batch_free(outbound)
            cloadnet_close(poller)
            throw .system(what: "no epoll event for a thread", errno: -watched)
        }
        let count = settings.slots
        self.index = index
        self.settings = settings
        plan = settings.plan
        self.ledger = ledger
        self.mailbox = mailbox
        self.events = events
        memory = PeerMemory(count: count, hasVideo: settings.plan.hasVideo)
        self.context = context
        self.poller = poller
        self.inbound = inbound
        self.outbound = outbound
        lengths = .allocate(capacity: Int(CLOADNET_BATCH))
        lengths.initialize(repeating: 0, count: Int(CLOADNET_BATCH))
        tokens = .allocate(capacity: Int(CLOADNET_EVENTS))
        tokens.initialize(repeating: 0, count: Int(CLOADNET_EVENTS))
        wheel = TimingWheel(peers: count, now: cloadnet_monotonic())
        sessions = SlotStore(count: count)
        associations = SlotStore(count: count)
        checkers = SlotStore(count: count)
        agents = SlotStore(count: count)
        fingerprints = SlotStore(count: count)
        traces = settings.trace > 0 ? Array(repeating: [], count: count) : []
        clockOffset = cloadnet_realtime_offset()
    }

    deinit {
        for slot in 0..<memory.count where memory.peers[slot].descriptor >= 0 {
            cloadnet_close(memory.peers[slot].descriptor)
        }
        lengths.deallocate()
        tokens.deallocate()
        cloadnet_batch_free(inbound)
        cloadnet_batch_free(outbound)
        cloadnet_close(poller)
    }

    private static func histogram() -> Histogram<UInt64> {
        // Up to a minute, in microseconds.
        Histogram(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
    }

    /// Runs until the mailbox says quit.
    mutating func run() {
        cloadnet_begin_thread("load-media-\(index)")
        while !mailbox.isQuitting {
            takeOrders()
            readClocks()
            let fired = fireTimers()
            let received = receiveAll()
            startHandshakes()
            rest(wasBusy: fired == Self.mostTimers || received == Int(CLOADNET_EVENTS))
        }
        for slot in 0..<memory.count { agents[slot]?.pointee.stop() }
    }

    private mutating func rest(wasBusy: Bool) {
        guard !wasBusy else { return }
        let now = cloadnet_monotonic()
        if let pause = wheel.pause(at: now, within: 8) {
            if pause > 0 { cloadnet_sleep(min(pause, Self.rest)) }
            return
        }
        guard waiting.isEmpty else { return cloadnet_sleep(Self.rest) }
        // Nothing is due for two milliseconds: whatever comes wakes the thread, and is read in the next turn.
        let count = Int(cloadnet_wait(poller, Self.pause(wheel.pause(at: now, within: 190)), tokens))
        receive(count)
    }

    private static func pause(_ due: UInt64?) -> Int64 { min(nap, due.map(Int64.init) ?? nap) }

    /// The kernel stamps what it receives with the clock that can be set; a packet is judged by the other one.
    private mutating func readClocks() {
        let offset = cloadnet_realtime_offset()
        let moved = Int64(bitPattern: offset &- clockOffset).magnitude
        // Slewing moves it by at most 500 ppm: more is a step, and stamps of before it cannot be converted.
        isClockSteady = moved < PairLedger.tolerance / 2
        clockOffset = offset
    }

    private mutating func fireTimers() -> Int {
        var fired = 0
        while fired < Self.mostTimers {
            let now = cloadnet_monotonic()
            guard let due = wheel.next(at: now) else { break }
            fired &+= 1
            switch due.kind {
            case .ice: checkConnectivity(due.peer, at: now)
            case .handshake: handshakeTimedOut(due.peer, at: now)
            case .audio: sendAudio(due.peer, due: due.time, at: now)
            case .video: sendVideo(due.peer, due: due.time, at: now)
            case .feedback: sendTransportFeedback(due.peer, at: now)
            case .report: sendReports(due.peer, at: now)
            case .missing: askForMissing(due.peer, at: now)
            case .burst: misbehave(due.peer, at: now)
            }
        }
        return fired
    }

    private mutating func receiveAll() -> Int {
        if !again.isEmpty {
            let slots = again
            again.removeAll(keepingCapacity: true)
            for slot in slots { receive(slot: slot) }
        }
        let count = Int(cloadnet_wait(poller, 0, tokens))
        receive(count)
        return again.isEmpty ? count : Int(CLOADNET_EVENTS)
    }

    private mutating func receive(_ count: Int) {
        for index in 0..<count {
            if tokens[index] == .max {
                cloadnet_clear(mailbox.descriptor)
            } else {
                receive(slot: Int(tokens[index]))
            }
        }
    }

    private mutating func takeOrders() {
        guard let (orders, news) = mailbox.take() else { return }
        let now = cloadnet_monotonic()
        for order in orders {
            switch order {
            case .attach(let slot, let setup): attach(slot, setup, at: now)
            case .perform(let slot, let command): perform(command, slot, at: now)
            case .inspect(let body): body(self)
            case .measureAnew:
                oneWayDelay = Self.histogram()
                jitter = Self.histogram()
                lateness = Self.histogram()
            }
        }
        for (slot, news) in news { take(news, slot, at: now) }
    }

    private mutating func startHandshakes() {
        guard !waiting.isEmpty else { return }
        let now = cloadnet_monotonic()
        while handshakes < Self.mostHandshakes, !waiting.isEmpty {
            let slot = waiting.removeFirst()
            if memory.peers[slot].phase == .waiting { startHandshake(slot, at: now) }
        }
    }

    /// What this thread's peers have been through so far.
    borrowing func currentTally() -> EngineTally {
        var result = tally
        for slot in 0..<memory.count {
            result.lostPackets &+= memory.peers[slot].audioMarks.lost &+ memory.peers[slot].videoMarks.lost
            for (place, leak) in Leak.allCases.enumerated() where memory.peers[slot].leaks[place] > 0 {
                result.leaks[leak, default: 0] &+= memory.peers[slot].leaks[place]
            }
        }
        result.threadTime = cloadnet_thread_time()
        result.oneWayDelay = oneWayDelay
        result.jitter = jitter
        result.lateness = lateness
        result.waits = waits
        return result
    }

    borrowing func records() -> [PeerRecord] {
        var all: [PeerRecord] = []
        for slot in 0..<memory.count { all.append(record(slot)) }
        return all
    }

    borrowing func record(_ slot: Int) -> PeerRecord {
        let peer = memory.peers + slot
        var record = PeerRecord()
        record.sentPackets = peer.pointee.sentPackets
        record.receivedPackets = peer.pointee.receivedPackets
        record.unannouncedPackets = peer.pointee.unannouncedPackets
        for (place, leak) in Leak.allCases.enumerated() where peer.pointee.leaks[place] > 0 {
            record.leaks[leak] = peer.pointee.leaks[place]
        }
        return record
    }
}

/// What all threads' loops share, and their sizes.
struct LoopSettings: Sendable {
    /// Peers of the thread, and of all threads.
    var slots: Int
    var peers: Int
    var plan: MediaPlan
    var format: MediaFormat
    var seed: UInt64
    /// See ``MediaMark/run``.
    var run: UInt64
    var isLocal: Bool
    var loss: LossyPath.Settings?
    var trace: Int
}
