import DTLS
import Forwarder
import MediaControl
import ReferenceTools
import RelayTestKit
import RelayTypes
import SDP
import Testing

/// A real media server on loopback, driven by orders as the control plane drives it.
final class RelayHarness: Sendable {
    /// What the server has told.
    struct Told: Sendable {
        var inForce: [Ticket: MonotonicInstant] = [:]
        var stale: Set<Ticket> = []
        var connected: Set<LegSlot> = []
        var ended: [LegSlot: LegEnd] = [:]
        var moved: [LegSlot: [Endpoint]] = [:]
        var snapshots: [Ticket: PairSnapshot] = [:]
    }

    /// One browser and its leg.
    struct Joined: Sendable {
        let slot: LegSlot
        let browser: SyntheticBrowser
        /// What the server sends to it with.
        let sources: OutboundSources

        var record: Monitor<BrowserRecord> { browser.record }
        var id: UInt32 { browser.configuration.senderID }
    }

    enum Failure: Error {
        case noAnswer(String)
        case notConnected(BrowserRecord.Phase)
    }

    private struct Numbers: Sendable {
        var ticket: UInt64 = 0
        var leg: UInt32 = 0
        var pair: UInt32 = 0
        var generator = SplitMix64(seed: 2)
    }

    static let open = PairGates(all: [])

    let server: MediaServer
    let told = Monitor(Told())
    private let numbers = Monitor(Numbers())
    private let reader: Task<Void, Never>

    /// - Parameter consentTimeout: in seconds.
    init(consentTimeout: UInt64 = 30) throws {
        var configuration = MediaServerConfiguration(
            addresses: ["127.0.0.1", "::1"], certificate: try DTLSCertificate.generated())
        configuration.port = 0
        configuration.workers = 1
        configuration.legsPerWorker = 16
        configuration.consentTimeout = consentTimeout
        let server = try MediaServer(configuration: configuration)
        self.server = server
        let told = told
        reader = Task {
            for await event in server.events { told.update { Self.note(event, in: &$0) } }
        }
        try server.start()
    }

    func stop() {
        server.stop()
        reader.cancel()
    }

    private static func note(_ event: MediaEvent, in told: inout Told) {
        switch event {
        case .inForce(let ticket, let instant, _): told.inForce[ticket] = instant
        case .stale(let ticket): told.stale.insert(ticket)
        case .connected(let slot): told.connected.insert(slot)
        case .ended(let slot, let end): told.ended[slot] = end
        case .moved(let slot, let endpoint): told.moved[slot, default: []].append(endpoint)
        case .snapshot(let ticket, let snapshot): told.snapshots[ticket] = snapshot
        case .started, .legSnapshot, .survey: break
        }
    }

    /// Gives an order and waits until it is in force.
    ///
    /// - Returns: when it came into force.
    @discardableResult
    func carryOut(_ order: MediaOrder) async throws -> MonotonicInstant {
        let ticket = nextTicket()
        server.submit(order, ticket: ticket)
        guard await told.wait(until: { $0.inForce[ticket] != nil }), let instant = told.value.inForce[ticket]
        else { throw Failure.noAnswer("\(order)") }
        return instant
    }

    func nextTicket() -> Ticket {
        Ticket(
            number: numbers.update { numbers in
                numbers.ticket += 1
                return numbers.ticket
            })
    }

    /// Opens a leg, answers its offer with a synthetic browser, and tells the server what the answer says.
    func join(_ configuration: BrowserConfiguration) async throws -> Joined {
        let (slot, sources, generator) = numbers.update { numbers in
            let slot = LegSlot(worker: 0, index: numbers.leg, generation: 1)
            numbers.leg += 1
            let sources = OutboundSources(
                audio: .random(in: 1...UInt32.max, using: &numbers.generator),
                video: .random(in: 1...UInt32.max, using: &numbers.generator),
                retransmission: .random(in: 1...UInt32.max, using: &numbers.generator))
            return (slot, sources, SplitMix64(seed: numbers.generator.next()))
        }
        var random = generator
        let credentials = server.credentials(for: slot, using: &random)
        let name = randomText(characters: 16, using: &random)
        try await carryOut(
            .openLeg(slot, LegParameters(credentials: credentials, sources: sources, canonicalName: name)))
        let offer = OfferWriter.write(
            OfferParameters(
                credentials: credentials, fingerprint: server.fingerprint,
                candidates: server.candidates(ofWorker: 0), sources: sources, canonicalName: name,
                format: configuration.format, sessionID: 1, sessionVersion: 1))
        let browser = try SyntheticBrowser(configuration)
        let answer = try AnswerReader.read(try browser.answer(offer), format: configuration.format)
        try await carryOut(
            .expectBrowser(
                slot,
                BrowserParameters(
                    usernameFragment: answer.credentials.usernameFragment, fingerprint: answer.fingerprint,
                    hasVideo: answer.hasVideo)))
        return Joined(slot: slot, browser: browser, sources: sources)
    }

    /// As ``join(_:)``, and waits until both ends say that they are connected.
    func connect(_ configuration: BrowserConfiguration) async throws -> Joined {
        let joined = try await join(configuration)
        guard await told.wait(until: { $0.connected.contains(joined.slot) }),
            await joined.record.wait(until: { $0.phase == .connected })
        else { throw Failure.notConnected(joined.record.value.phase) }
        return joined
    }

    func connect(
        _ sender: UInt32, change: (inout BrowserConfiguration) -> Void = { _ in }
    ) async throws -> Joined {
        var configuration = BrowserConfiguration(senderID: sender)
        change(&configuration)
        return try await connect(configuration)
    }

    /// Joins two legs.
    func pair(_ first: Joined, _ second: Joined, gates: PairGates = RelayHarness.open) async throws
        -> PairSlot
    {
        let slot = PairSlot(
            worker: 0,
            index: numbers.update { numbers in
                numbers.pair += 1
                return numbers.pair - 1
            }, generation: 1)
        try await carryOut(.pair(slot, first: first.slot, second: second.slot, gates: gates))
        return slot
    }

    func inspect(_ slot: PairSlot) async throws -> PairSnapshot {
        let ticket = nextTicket()
        server.submit(.inspect(slot), ticket: ticket)
        guard await told.wait(until: { $0.snapshots[ticket] != nil }),
            let snapshot = told.value.snapshots[ticket]
        else { throw Failure.noAnswer("inspect") }
        return snapshot
    }

    /// Inspects until the pair satisfies the condition.
    func waitForPair(_ slot: PairSlot, until condition: (PairSnapshot) -> Bool) async throws -> Bool {
        try await poll { condition(try await inspect(slot)) }
    }

    /// Waits until all workers together have counted at least so many drops for this reason.
    func waitForDrops(_ reason: DropReason, atLeast count: UInt64) async throws -> Bool {
        try await poll { server.counters().droppedPackets[reason, default: 0] >= count }
    }
}
