import DTLS
import Forwarder
import LoadEngine
import MediaControl
import ReferenceTools
import RelayTestKit
import RelayTypes
import SDP

/// A real media server on loopback and a load engine, without signalling: the test is the control plane.
final class MediaHarness: Sendable {
    enum Failure: Error {
        case noAnswer(String)
        case notConnected([EngineEvent])
    }

    /// What the server has told.
    struct Told: Sendable {
        var inForce: Set<Ticket> = []
        var ended: [LegSlot: LegEnd] = [:]
    }

    private struct Numbers: Sendable {
        var ticket: UInt64 = 0
        var leg: UInt32 = 0
        var pair: UInt32 = 0
        var generator = SplitMix64(seed: 2)
    }

    static let open = PairGates(all: [])
    static let held = PairGates(all: .policy)

    let server: MediaServer
    let engine: LoadEngine
    /// All events so far.
    let events = Monitor<[EngineEvent]>([])
    private let told = Monitor(Told())
    private let numbers = Monitor(Numbers())
    private let reader: Task<Void, Never>

    init(peers: Int, change: (inout LoadEngine.Configuration) -> Void = { _ in }) throws {
        var media = MediaServerConfiguration(
            addresses: ["127.0.0.1"], certificate: try DTLSCertificate.generated())
        media.port = 0
        media.legsPerWorker = max(16, peers * 2)
        let server = try MediaServer(configuration: media)
        self.server = server
        var configuration = LoadEngine.Configuration(peers: peers, seed: 7)
        configuration.shape.videoBitrate = 300_000
        change(&configuration)
        engine = try LoadEngine(configuration)
        let told = told
        reader = Task {
            for await event in server.events {
                told.update { told in
                    switch event {
                    case .inForce(let ticket, _, _): told.inForce.insert(ticket)
                    case .ended(let slot, let end): told.ended[slot] = end
                    default: break
                    }
                }
            }
        }
        try server.start()
        try engine.start()
    }

    func stop() {
        engine.stop()
        server.stop()
        reader.cancel()
    }

    static var now: UInt64 { MonotonicClock.now.nanoseconds }

    /// Gives an order and waits until it is in force.
    func carryOut(_ order: MediaOrder) async throws {
        let ticket = Ticket(
            number: numbers.update { numbers in
                numbers.ticket += 1
                return numbers.ticket
            })
        server.submit(order, ticket: ticket)
        guard await told.wait(until: { $0.inForce.contains(ticket) }) else {
            throw Failure.noAnswer("\(order)")
        }
    }

    /// Opens a leg, lets a peer answer its offer, and tells the server what the answer says.
    ///
    /// - Parameter other: the peer's engine, where it is not the harness's own.
    func join(_ peer: PeerNumber, of other: LoadEngine? = nil) async throws -> LegSlot {
        let engine = other ?? engine
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
        let format = engine.configuration.format
        let offer = OfferWriter.write(
            OfferParameters(
                credentials: credentials, fingerprint: server.fingerprint,
                candidates: server.candidates(ofWorker: 0), sources: sources, canonicalName: name,
                format: format, sessionID: 1, sessionVersion: 1))
        let answer = try AnswerReader.read(try engine.answer(offer, as: peer), format: format)
        try await carryOut(
            .expectBrowser(
                slot,
                BrowserParameters(
                    usernameFragment: answer.credentials.usernameFragment, fingerprint: answer.fingerprint,
                    hasVideo: answer.hasVideo)))
        return slot
    }

    /// As ``join(_:)`` for peers 0 and up, and waits until all are connected.
    func connect(_ count: Int) async throws -> [LegSlot] {
        var slots: [LegSlot] = []
        for number in 0..<count { slots.append(try await join(PeerNumber(UInt32(number)))) }
        let connected = try await waitForEvents { events in
            (0..<count)
                .allSatisfy { number in
                    events.contains { event in
                        guard case .connected(let peer, _) = event else { return false }
                        return peer.value == number
                    }
                }
        }
        guard connected else { throw Failure.notConnected(events.value) }
        return slots
    }

    func waitForEvents(until condition: ([EngineEvent]) -> Bool) async throws -> Bool {
        try await poll {
            let fresh = engine.takeEvents()
            return condition(
                events.update { events in
                    events += fresh
                    return events
                })
        }
    }

    /// Joins two legs.
    func pair(_ first: LegSlot, _ second: LegSlot, gates: PairGates = MediaHarness.open) async throws
        -> PairSlot
    {
        let slot = PairSlot(
            worker: 0,
            index: numbers.update { numbers in
                numbers.pair += 1
                return numbers.pair - 1
            }, generation: 1)
        try await carryOut(.pair(slot, first: first, second: second, gates: gates))
        return slot
    }

    /// Tells the ledger of a pair, and its peers of its number; released in both directions where `open`.
    func enter(_ a: PeerNumber, _ b: PeerNumber, open: Bool = true) -> UInt32 {
        let number = engine.ledger.open(a, b)
        for peer in [a, b] { engine.perform(.enterPair(number), on: peer) }
        if open { for peer in [a, b] { engine.ledger.release(number, from: peer, at: Self.now) } }
        return number
    }

    func send(_ peers: PeerNumber...) {
        for peer in peers { engine.perform(.send(true), on: peer) }
    }

    /// Waits until the tally satisfies the condition.
    func waitForTally(until condition: (EngineTally) -> Bool) async throws -> Bool {
        try await poll { condition(engine.tally()) }
    }
}
