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
        self.socket = socket
        outbound = SendBatch(capacity: capacity)
    }

    /// - Returns: how many datagrams have come.
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

    private let mailbox: Mailbox
    private let page: CounterPage
    private let report: WorkerReport
    private var ports: SlotTable<Port>
    private var core: RelayCore
    private var inbound = ReceiveBatch()
    /// One for each port, and the last for the mailbox.
    private let polled: UnsafeMutablePointer<pollfd>

    internal init(
        ports: consuming SlotTable<Port>, core: consuming RelayCore, mailbox: Mailbox, page: CounterPage,
        report: WorkerReport
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
    }

    deinit { polled.deallocate() }

    /// Runs until the mailbox says stop.
    ///
    /// Nothing inside the loop allocates, locks, logs or awaits while no order and no event is there.
    internal mutating func run() {
        while !mailbox.isStopped {
            // 1. Orders first, so that a cut is in force before the next packet is looked at.
            if mailbox.hasMail { carryOutOrders() }

            // 2. Sleep until a packet, an order or a timer. One clock read serves the whole turn.
            wait()
            let now = MonotonicClock.now
            core.beginTurn()

            // 3. Forward a batch from each socket. A bad packet is counted, never thrown out of the loop.
            for index in 0..<ports.count where polled[index].revents != 0 {
                if mailbox.hasMail { carryOutOrders() }
                relayBatch(index, at: now)
            }

            // 4. Retransmissions, consent and key-frame requests that fell due.
            core.fireTimers(at: now)
            flush()
            tellEvents()
            page.publish(core.counters)
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
        page.publish(core.counters)
    }

    /// Nothing is queued when this is called: a packet under the old state has either been handed to the
    /// kernel or was dropped.
    ///
    /// So an order is in force when its acknowledgement is told.
    private mutating func carryOutOrders() {
        precondition(isFlushed, "orders are carried out only between flushes")
        let now = MonotonicClock.now
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
        let nanoseconds =
            deadline == .never
            ? -1 : Int64(clamping: deadline.nanoseconds(since: MonotonicClock.now))
        let count = ports.count
        let result = clinuxnet_wait(polled, Int32(count + 1), nanoseconds)
        if result < 0 {
            for index in 0...count { polled[index].revents = 0 }
        } else if polled[count].revents != 0 {
            mailbox.clearWake()
        }
    }

    private mutating func relayBatch(_ index: Int, at now: MonotonicInstant) {
        let count: Int
        do {
            count = try ports[index].fill(&inbound)
        } catch {
            return giveUpIfHopeless(index, error)
        }
        let socket = UInt8(truncatingIfNeeded: index)
        for slot in 0..<count {
            if core.transmits.room < Self.reserve { flush() }
            let source = inbound.source(slot, socket: socket)
            if inbound.isTruncated(slot) {
                core.counters.receivedPackets &+= 1
                core.counters.dropped.add(.tooLong)
                continue
            }
            let bytes = inbound.address(slot)
            let length = inbound.length(slot)
            let outcome = Self.relay(&inbound, slot, length, &core, from: source, at: now)
            if case .forward(let length, let destination) = outcome {
                send(bytes, length: length, to: destination)
            }
        }
        flush()  // Before the slots are filled again.
    }

    @inline(__always)
    private static func relay(
        _ inbound: inout ReceiveBatch, _ slot: Int, _ length: Int, _ core: inout RelayCore,
        from source: Endpoint, at now: MonotonicInstant
    ) -> RelayOutcome {
        var datagram = inbound[slot]
        return core.receive(&datagram, length: length, from: source, at: now)
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
            if let bytes { send(bytes, length: length, to: destination) }
        }
        for index in 0..<ports.count where !ports[index].outbound.isEmpty {
            let lost = ports[index].flush()
            if lost > 0 { core.counters.dropped.add(.sendFailed, count: UInt64(lost)) }
        }
        core.transmits.removeAll()
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
