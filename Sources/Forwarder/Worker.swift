internal import CLinuxNet
internal import Glibc
internal import MediaControl
internal import RelayCore
internal import RelayTypes

/// One socket and what waits to leave by it.
internal struct Port: ~Copyable {
    internal let socket: UDPSocket
    internal var outbound: SendBatch
    /// Failures in a row; the socket is given up after ``Worker/mostFailures``.
    internal var failures = 0

    internal init(socket: consuming UDPSocket, capacity: Int) {
        outbound = SendBatch(capacity: capacity, joinsRuns: socket.sendsRuns)
        self.socket = socket
    }

    /// - Returns: how many messages have come, each a datagram or a run of them.
    internal mutating func fill(_ inbound: inout ReceiveBatch) throws(SocketError) -> Int {
        let count = try inbound.fill(from: socket)
        failures = 0
        return count
    }

    /// - Returns: how many datagrams were lost.
    internal mutating func flush() -> Int { outbound.flush(to: socket) }
}

/// One thread, its sockets, and every leg and pair at home on it.
///
/// Workers share nothing.
internal struct Worker: ~Copyable {
    /// Slots of the transmit queue that must be free before a datagram is looked at: the longest flight of a handshake
    /// is far shorter.
    private static let reserve = 32
    /// Failed calls in a row after which a socket is given up.
    private static let mostFailures = 64
    /// With more sockets than this it is cheaper to ask which of them have something.
    private static let fewPorts = 4
    /// First bytes of DTLS (RFC 7983 §7).
    private static var dtls: ClosedRange<UInt8> { 20...63 }

    private let mailbox: Mailbox
    private let page: CounterPage
    private let report: WorkerReport
    private var ports: SlotTable<Port>
    private var core: RelayCore
    private var inbound = ReceiveBatch()
    private var handshakes = HandshakeQueue()
    private var coalescer: Coalescer
    /// Datagrams looked at since the last flush: each may have taken a place in ``inbound``.
    private var lookedAt = 0
    /// Legs of the next messages, by message modulo 8.
    private var ahead = InlineArray<8, Int>(repeating: -1)
    /// A pause has just ended, so that datagrams are there in all likelihood.
    private var hasGathered = false
    /// When its loop began, and how long it has slept since, in nanoseconds.
    private var startedAt = MonotonicInstant(nanoseconds: 0)
    private var slept: UInt64 = 0
    /// Since when it sleeps; `never` while it is awake.
    private var asleepSince = MonotonicInstant.never
    /// One for each port, and the last for the mailbox.
    private let polled: UnsafeMutablePointer<pollfd>

    internal init(
        ports: consuming SlotTable<Port>, core: consuming RelayCore, mailbox: Mailbox, page: CounterPage,
        report: WorkerReport, coalesce: UInt64 = 0
    ) {
        let count = ports.count
        polled = .allocate(capacity: count + 1)
        for index in 0..<count {
            (polled + index)
                .initialize(
                    to: pollfd(fd: ports[index].socket.descriptor, events: Int16(POLLIN), revents: 0))
        }
        (polled + count).initialize(to: pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0))
        self.ports = ports
        self.core = core
        self.mailbox = mailbox
        self.page = page
        self.report = report
        coalescer = Coalescer(limit: coalesce &* 1_000)
    }

    deinit { polled.deallocate() }

    /// Runs until the mailbox says stop.
    ///
    /// Nothing inside the loop allocates, locks, logs or awaits while no order and no event is there.
    internal mutating func run() {
        startedAt = MonotonicClock.now
        while !mailbox.isStopped {
            // 1. Orders first, so that a cut is in force before the next packet is looked at.
            if mailbox.hasMail { carryOutOrders() }

            // 2. Sleep until a packet, an order or a timer. One clock read serves the whole turn.
            if hasGathered { hasGathered = false } else { wait() }
            let now = MonotonicClock.now
            wakeUp(at: now)
            core.beginTurn()

            // 3. Forward a batch from each socket. A bad packet is counted, never thrown out of the loop.
            var arrived = 0
            var isFull = false
            for index in 0..<ports.count where polled[index].revents != 0 {
                if mailbox.hasMail { carryOutOrders() }
                let batch = relayBatch(index, at: now)
                arrived &+= batch.datagrams
                isFull = isFull || batch.isFull
            }

            // 4. One step of a handshake; retransmissions, consent and key-frame requests that fell due.
            stepHandshake(at: now)
            core.fireTimers(at: now)
            flush()
            tellEvents()
            publish(at: now)

            // 5. Let datagrams gather, where there are enough of them.
            let pause = coalescer.pause(after: arrived, isFull: isFull, at: now)
            if pause > 0, handshakes.isEmpty { gather(for: pause) }
        }
        sayGoodbye()
    }

    /// Tells every browser that the media path ends, so that none waits for it to time out.
    private mutating func sayGoodbye() {
        if mailbox.hasMail { carryOutOrders() }
        var hasMore = true
        while hasMore {
            hasMore = core.closeLegs()
            flush()
        }
        publish(at: MonotonicClock.now)
    }

    private func publish(at now: MonotonicInstant) {
        let lived = now.nanoseconds(since: startedAt)
        page.publish(
            core.counters, busy: lived > slept ? lived &- slept : 0, handshakes: handshakes.count)
    }

    /// Takes note of how long it has slept.
    private mutating func wakeUp(at now: MonotonicInstant) {
        guard asleepSince != .never else { return }
        slept &+= now.nanoseconds(since: asleepSince)
        asleepSince = .never
    }

    /// Nothing is queued when this is called: a packet under the old state has either been handed to the
    /// kernel or was dropped.
    ///
    /// So an order is in force when its acknowledgement is told.
    @inline(never)
    private mutating func carryOutOrders() {
        precondition(isFlushed, "orders are carried out only between flushes")
        let now = MonotonicClock.now
        wakeUp(at: now)
        for letter in mailbox.take() {
            core.apply(letter.order, ticket: letter.ticket, at: now)
            if core.transmits.room < Self.reserve { flush() }
        }
        flush()
        tellEvents()
    }

    private var isFlushed: Bool {
        guard core.transmits.isEmpty else { return false }
        for index in 0..<ports.count where !ports[index].outbound.isEmpty { return false }
        return true
    }

    private mutating func wait() {
        let deadline = core.deadline
        // Orders that came in the meantime have signalled the mailbox's descriptor.
        let before = MonotonicClock.now
        let nanoseconds: Int64
        if !handshakes.isEmpty {
            nanoseconds = 0
        } else if deadline == .never {
            nanoseconds = -1
        } else {
            nanoseconds = Int64(clamping: deadline.nanoseconds(since: before))
        }
        if nanoseconds != 0 { asleepSince = before }
        let count = ports.count
        let result = clinuxnet_wait(polled, Int32(count + 1), nanoseconds)
        if result < 0 {
            for index in 0...count { polled[index].revents = 0 }
        } else if polled[count].revents != 0 {
            mailbox.clearWake()
        }
    }

    /// Sleeps for a short time, whatever the sockets have: only an order or a timer ends it.
    private mutating func gather(for nanoseconds: UInt64) {
        guard !mailbox.hasMail else { return }
        let deadline = core.deadline
        var pause = nanoseconds
        let before = MonotonicClock.now
        if deadline != .never { pause = min(pause, deadline.nanoseconds(since: before)) }
        asleepSince = before
        let count = ports.count
        if clinuxnet_wait(polled + count, 1, Int64(clamping: pause)) > 0 { mailbox.clearWake() }
        guard count <= Self.fewPorts else { return }
        for index in 0..<count where polled[index].fd >= 0 { polled[index].revents = Int16(POLLIN) }
        hasGathered = true
    }

    private mutating func relayBatch(
        _ index: Int, at now: MonotonicInstant
    ) -> (datagrams: Int, isFull: Bool) {
        let count: Int
        do {
            count = try ports[index].fill(&inbound)
        } catch {
            giveUpIfHopeless(index, error)
            return (0, false)
        }
        let socket = UInt8(truncatingIfNeeded: index)
        var datagrams = 0
        for step in 0..<(count &+ RelayCore.stepsAhead) {
            lookAhead(step, of: count, socket: socket)
            let message = step &- RelayCore.stepsAhead
            guard message >= 0 else { continue }
            let source = inbound.source(message, socket: socket)
            if inbound.isTruncated(message) {
                core.counters.received.add(.other, bytes: inbound.length(message))
                core.counters.dropped.add(.tooLong)
                continue
            }
            let total = inbound.length(message)
            let size = inbound.segmentSize(message)
            var start = 0
            repeat {
                // A batch of long runs takes a while, and an order does not wait for it.
                if mailbox.hasMail {
                    flush()
                    carryOutOrders()
                }
                if lookedAt >= ReceiveBatch.capacity || core.transmits.room < Self.reserve { flush() }
                lookedAt &+= 1
                let length = min(size, total &- start)
                relay(inbound.slot(message, from: start, length: length), length, from: source, at: now)
                start &+= length
                datagrams &+= 1
            } while start < total
        }
        flush()  // Before the slots are filled again.
        return (datagrams, count == ReceiveBatch.capacity)
    }

    /// Asks for what the messages after this one will need: one step for each of the next four.
    @inline(__always)
    private mutating func lookAhead(_ step: Int, of count: Int, socket: UInt8) {
        if step < count { core.fetchPath(inbound.source(step, socket: socket)) }
        let second = step &- 1
        if second >= 0, second < count {
            ahead[second & 7] = core.fetchLeg(at: inbound.source(second, socket: socket))
        }
        let third = step &- 2
        if third >= 0, third < count { core.fetchPair(of: ahead[third & 7], ssrc: inbound.ssrc(third)) }
        let fourth = step &- 3
        if fourth >= 0, fourth < count {
            core.fetchPartner(of: ahead[fourth & 7], ssrc: inbound.ssrc(fourth))
        }
    }

    /// Looks at one datagram at the start of a slot.
    @inline(__always)
    private mutating func relay(
        _ slot: UnsafeMutableRawPointer, _ length: Int, from source: Endpoint, at now: MonotonicInstant
    ) {
        if length > 0, Self.dtls ~= slot.load(as: UInt8.self), core.isPath(source) {
            return putOff(slot, length, from: source)
        }
        var datagram = MutableRawSpan(_unsafeStart: slot, byteCount: ReceiveBatch.slotSize)
        if case .forward(let length, let destination) = core.receive(
            &datagram, length: length, from: source, at: now)
        {
            send(slot, length: length, to: destination)
        }
    }

    @inline(never)
    private mutating func putOff(_ slot: UnsafeMutableRawPointer, _ length: Int, from source: Endpoint) {
        guard !handshakes.append(slot, length: length, from: source) else { return }
        core.counters.received.add(.dtls, bytes: length)
        core.counters.dropped.add(.dtlsUnexpected)
    }

    /// Takes one step of one handshake, so that media waits for no more than that.
    private mutating func stepHandshake(at now: MonotonicInstant) {
        guard let (slot, length, source) = handshakes.takeFirst() else { return }
        if core.transmits.room < Self.reserve { flush() }
        var datagram = MutableRawSpan(_unsafeStart: slot, byteCount: ReceiveBatch.slotSize)
        _ = core.receive(&datagram, length: length, from: source, at: now)
    }

    @inline(__always)
    private mutating func send(_ bytes: UnsafeMutableRawPointer, length: Int, to destination: Endpoint) {
        let index = Int(destination.socket)
        guard index < ports.count, ports[index].outbound.append(bytes, length: length, to: destination) else {
            core.counters.dropped.add(.sendFailed)
            return
        }
    }

    /// Hands everything that is queued to the kernel.
    private mutating func flush() {
        for index in 0..<core.transmits.count {
            let destination = core.transmits.destination(index)
            let (bytes, length) = core.transmits.datagram(index)
                .withUnsafeBytes { datagram in
                    (UnsafeMutableRawPointer(mutating: datagram.baseAddress), datagram.count)
                }
            guard let bytes, length > 0 else { continue }
            core.counters.sent.add(Self.kind(bytes.load(as: UInt8.self)), bytes: length)
            send(bytes, length: length, to: destination)
        }
        for index in 0..<ports.count where !ports[index].outbound.isEmpty {
            let lost = ports[index].flush()
            if lost > 0 { core.counters.dropped.add(.sendFailed, count: UInt64(lost)) }
        }
        core.transmits.removeAll()
        inbound.forgetCopies()
        lookedAt = 0
    }

    /// What the server says itself, by its first byte (RFC 7983 §7): STUN, DTLS, or RTCP.
    private static func kind(_ first: UInt8) -> TrafficKind {
        switch first {
        case 0...3: .stun
        case dtls: .dtls
        default: .rtcp
        }
    }

    private mutating func tellEvents() {
        guard core.hasEvents else { return }
        for event in core.takeEvents() { report.tell(event) }
    }

    /// A socket that only fails would make the loop spin: it is left alone, and the operator is told.
    private mutating func giveUpIfHopeless(_ index: Int, _ error: SocketError) {
        ports[index].failures += 1
        guard ports[index].failures >= Self.mostFailures else { return }
        polled[index].fd = -1
        polled[index].revents = 0
        let local = ports[index].socket.local
        report.fail("media on \(local.address) port \(local.port) has stopped: \(error)")
    }
}
