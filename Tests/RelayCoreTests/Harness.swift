import DTLS
import MediaControl
import RelayCore
import RelayTypes
import Testing

/// A core, browsers in memory and a clock that is turned by hand.
final class Harness {
    var core: RelayCore
    var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private var browsers: [Endpoint: TestBrowser] = [:]
    private var tickets: UInt64 = 0
    private let slot = Slot()

    /// A datagram that left the server.
    struct Sent {
        let destination: Endpoint
        let bytes: [UInt8]
    }

    init(
        legs: Int = 16, heldBitrate: UInt64 = 300_000, srtp: SRTPImplementation = .openssl
    ) throws {
        let certificate = try DTLSCertificate.generated()
        var configuration = RelayCoreConfiguration(worker: 0, legs: legs, format: MediaFormat(), seed: 7)
        configuration.heldBitrate = heldBitrate
        configuration.srtp = srtp
        core = RelayCore(
            configuration, dtls: try DTLSContext(role: .server, certificate: certificate, timing: .simulated))
    }

    func advance(milliseconds: UInt64) { now = now.advanced(byMilliseconds: milliseconds) }

    // MARK: Orders

    /// Gives an order; what it makes the server send is delivered.
    @discardableResult
    func order(_ order: MediaOrder) throws -> [MediaEvent] {
        tickets += 1
        core.apply(order, ticket: Ticket(number: tickets), at: now)
        try deliver(drain())
        return core.takeEvents()
    }

    /// Whether the order was taken, as its acknowledgement says.
    func isAccepted(_ order: MediaOrder) throws -> Bool {
        let events = try self.order(order)
        guard case .inForce(let ticket, _, _)? = events.last else { return false }
        return ticket == Ticket(number: tickets)
    }

    /// The tally that comes with the end of a pair.
    func part(_ pair: PairSlot) throws -> PairTally {
        for case .inForce(_, _, let tally?) in try order(.part(pair)) { return tally }
        return try #require(nil as PairTally?)
    }

    // MARK: Datagrams

    /// Feeds one datagram, and gives what left the server for it; nothing is delivered.
    func feed(_ bytes: [UInt8], from source: Endpoint) -> (outcome: RelayOutcome, sent: [Sent]) {
        core.beginTurn()
        lookAhead(bytes, from: source)
        var outcome = RelayOutcome.consumed
        let forwarded = slot.run(bytes) { span in
            outcome = core.receive(&span, length: bytes.count, from: source, at: now)
            if case .forward(let length, _) = outcome { return length }
            return 0
        }
        var sent: [Sent] = []
        if case .forward(_, let destination) = outcome {
            sent.append(Sent(destination: destination, bytes: forwarded))
        }
        return (outcome, sent + drain())
    }

    /// What a worker does before a datagram's turn.
    private func lookAhead(_ bytes: [UInt8], from source: Endpoint) {
        let ssrc = bytes.count < 12 ? 0 : bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        core.fetchPath(source)
        let leg = core.fetchLeg(at: source)
        core.fetchPair(of: leg, ssrc: ssrc)
        core.fetchPartner(of: leg, ssrc: ssrc)
    }

    /// Feeds one datagram and delivers what comes of it, until all is quiet.
    @discardableResult
    func send(_ bytes: [UInt8], from source: Endpoint) throws -> RelayOutcome {
        let (outcome, sent) = feed(bytes, from: source)
        try deliver(sent)
        return outcome
    }

    @discardableResult
    func send(_ packet: TestPacket, from browser: TestBrowser) throws -> RelayOutcome {
        try send(try browser.protect(packet), from: browser.endpoint)
    }

    @discardableResult
    func send(rtcp bytes: [UInt8], from browser: TestBrowser) throws -> RelayOutcome {
        try send(try browser.protect(rtcp: bytes), from: browser.endpoint)
    }

    func fireTimers() throws {
        core.fireTimers(at: now)
        try deliver(drain())
    }

    /// Delivers what the core has queued.
    func deliverQueued() throws { try deliver(drain()) }

    private func drain() -> [Sent] { Self.drain(&core.transmits) }

    private static func drain(_ queue: inout TransmitQueue) -> [Sent] {
        var sent: [Sent] = []
        for index in 0..<queue.count {
            let bytes = queue.datagram(index).withUnsafeBytes { Array($0) }
            sent.append(Sent(destination: queue.destination(index), bytes: bytes))
        }
        queue.removeAll()
        return sent
    }

    private func deliver(_ sent: [Sent]) throws {
        var waiting = sent
        while !waiting.isEmpty {
            let datagram = waiting.removeFirst()
            guard let browser = browsers[datagram.destination] else { continue }
            for answer in try browser.receive(datagram.bytes) {
                waiting += feed(answer, from: datagram.destination).sent
            }
        }
    }

    // MARK: Legs and pairs

    func open(_ browser: TestBrowser) throws {
        browsers[browser.endpoint] = browser
        #expect(try isAccepted(.openLeg(browser.slot, browser.parameters)))
    }

    /// Another address of a browser.
    func add(_ endpoint: Endpoint, of browser: TestBrowser) { browsers[endpoint] = browser }

    /// From nothing to connected.
    @discardableResult
    func connect(_ browser: TestBrowser) throws -> [MediaEvent] {
        try open(browser)
        #expect(try isAccepted(.expectBrowser(browser.slot, browser.browserParameters)))
        try send(browser.check(isNominated: true), from: browser.endpoint)
        for datagram in try browser.hello() { try send(datagram, from: browser.endpoint) }
        return core.takeEvents()
    }

    static let open = PairGates(all: [])

    /// Two connected browsers, paired.
    func pair(
        _ first: TestBrowser, _ second: TestBrowser, index: UInt32 = 0, generation: UInt32 = 1,
        gates: PairGates = Harness.open
    ) throws -> PairSlot {
        let slot = PairSlot(worker: 0, index: index, generation: generation)
        #expect(try isAccepted(.pair(slot, first: first.slot, second: second.slot, gates: gates)))
        return slot
    }

    func dropped(_ reason: DropReason) -> UInt64 { core.counters.dropped[reason] }
}
