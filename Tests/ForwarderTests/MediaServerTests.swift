import DTLS
import Glibc
import MediaControl
import ReferenceTools
import RelayTypes
import Testing

@testable import Forwarder

@Suite("A media server on real sockets")
struct MediaServerTests {
    private func server(
        legs: Int = 4, workers: Int = 1, addresses: [String] = ["127.0.0.1", "::1"]
    ) throws -> MediaServer {
        var configuration = MediaServerConfiguration(
            addresses: addresses, certificate: try DTLSCertificate.generated())
        configuration.port = 0
        configuration.legsPerWorker = legs
        configuration.workers = workers
        return try MediaServer(configuration: configuration)
    }

    private func parameters(
        _ server: MediaServer, _ slot: LegSlot, _ generator: inout some RandomNumberGenerator
    ) -> LegParameters {
        LegParameters(
            credentials: server.credentials(for: slot, using: &generator),
            sources: OutboundSources(audio: 1, video: 2, retransmission: 3), canonicalName: "server")
    }

    /// Waits for the next event; there is always one when this is called.
    private func next(_ events: inout AsyncStream<MediaEvent>.Iterator) async throws -> MediaEvent {
        try #require(await events.next())
    }

    private func isInForce(_ event: MediaEvent, _ number: UInt64) -> Bool {
        if case .inForce(let ticket, _, _) = event { return ticket.number == number }
        return false
    }

    @Test("20,000 datagrams of garbage are counted; nobody is answered and nothing is taken")
    func garbage() async throws {
        let server = try server()
        try server.start()
        defer { server.stop() }
        var generator = SplitMix64(seed: 99)
        for endpoint in server.candidates(ofWorker: 0) {
            let stranger = try TestSocket(endpoint.isIPv6 ? "::1" : "127.0.0.1")
            let before = server.counters().receivedPackets
            var sent: UInt64 = 0
            for _ in 0..<10_000 {
                let count = Int.random(in: 0...200, using: &generator)
                var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                if count > 1 { bytes[0] = [0, 0, 22, 23, 128, 129, bytes[0]][Int(generator.next() % 7)] }
                if stranger.send(bytes, to: endpoint) { sent += 1 }
                // In step, so that the kernel's queue does not overflow.
                while sent % 64 == 0, server.counters().receivedPackets < before + sent { await Task.yield() }
            }
            while server.counters().receivedPackets < before + sent { await Task.yield() }
            #expect(try stranger.take() == nil, "no answer")
        }
        let counters = server.counters()
        #expect(counters.droppedPackets.values.reduce(0, +) == counters.receivedPackets)
        #expect(counters.forwardedPackets == 0)

        // Every slot is still free, and one more does not exist.
        var events = server.events.makeAsyncIterator()
        for index in 0..<5 as Range<UInt32> {
            let slot = LegSlot(worker: 0, index: index, generation: 1)
            let ticket = Ticket(number: UInt64(index))
            #expect(server.submit(.openLeg(slot, parameters(server, slot, &generator)), ticket: ticket))
            let event = try await next(&events)
            #expect(isInForce(event, UInt64(index)) == (index < 4))
        }
    }

    @Test("orders are carried out in order, without a packet to wake the worker")
    func orders() async throws {
        let server = try server()
        try server.start()
        defer { server.stop() }
        var generator = SplitMix64(seed: 1)
        var events = server.events.makeAsyncIterator()
        let slot = LegSlot(worker: 0, index: 0, generation: 1)
        let before = server.now
        for number in 0..<200 as Range<UInt64> {
            let order: MediaOrder =
                number % 2 == 0 ? .openLeg(slot, parameters(server, slot, &generator)) : .closeLeg(slot)
            #expect(server.submit(order, ticket: Ticket(number: number)))
        }
        for number in 0..<200 as Range<UInt64> {
            let event = try await next(&events)
            #expect(isInForce(event, number), "\(event)")
            if case .inForce(_, let instant, _) = event {
                #expect(instant >= before && instant <= server.now)
            }
        }
        #expect(server.submit(.closeLeg(slot), ticket: Ticket(number: 500)))
        guard case .stale(let ticket) = try await next(&events) else {
            Issue.record("not stale")
            return
        }
        #expect(ticket.number == 500)
    }

    @Test("each worker has a port of its own; an order for none is refused")
    func workers() async throws {
        let server = try server(workers: 3, addresses: ["127.0.0.1"])
        try server.start()
        defer { server.stop() }
        #expect(server.workerCount == 3)
        let ports = (0..<3 as Range<UInt16>).compactMap { server.candidates(ofWorker: $0).first?.port }
        #expect(Set(ports).count == 3)
        #expect(server.candidates(ofWorker: 3).isEmpty)
        let nobody = PairSlot(worker: 3, index: 0, generation: 1)
        #expect(!server.submit(.part(nobody), ticket: .none))
        var generator = SplitMix64(seed: 1)
        var events = server.events.makeAsyncIterator()
        for worker in 0..<3 as Range<UInt16> {
            let slot = LegSlot(worker: worker, index: 0, generation: 1)
            server.submit(
                .openLeg(slot, parameters(server, slot, &generator)), ticket: Ticket(number: UInt64(worker)))
            #expect(isInForce(try await next(&events), UInt64(worker)))
        }
    }

    @Test(
        "a worker with nothing to do still goes round its loop when it is asked; one that is stuck does not")
    func turns() async throws {
        let server = try server(workers: 2, addresses: ["127.0.0.1"])
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try server.start()
        defer { server.stop() }
        var events = server.events.makeAsyncIterator()
        for worker in 0..<2 as Range<UInt16> {
            let before = server.turns(ofWorker: worker)
            while server.turns(ofWorker: worker) < before + 3 { await Task.yield() }
        }
        server.stall(worker: 0, on: ends[0])
        var turns = server.turns(ofWorker: 0)
        // The other goes on; the first finishes the turn that it was in, and no more.
        let other = server.turns(ofWorker: 1)
        while server.turns(ofWorker: 1) < other + 50 {
            turns = server.turns(ofWorker: 0)
            await Task.yield()
        }
        let goal = server.turns(ofWorker: 1) + 50
        while server.turns(ofWorker: 1) < goal { await Task.yield() }
        #expect(server.turns(ofWorker: 0) == turns)

        // Orders wait in their order, and are carried out before anything else is told.
        var generator = SplitMix64(seed: 1)
        let slot = LegSlot(worker: 0, index: 0, generation: 1)
        #expect(
            server.submit(.openLeg(slot, parameters(server, slot, &generator)), ticket: Ticket(number: 1)))
        #expect(server.submit(.closeLeg(slot), ticket: Ticket(number: 2)))
        #expect(write(ends[1], [1], 1) == 1)
        guard case .stale(.none) = try await next(&events) else {
            Issue.record("the order that the worker stood still at is not the first")
            return
        }
        #expect(isInForce(try await next(&events), 1))
        #expect(isInForce(try await next(&events), 2))
        while server.turns(ofWorker: 0) < turns + 3 { await Task.yield() }
        #expect(server.turns(ofWorker: 2) == 0, "there is no such worker")
    }

    @Test("candidates say what is announced, with the port of that family's socket")
    func announced() throws {
        var configuration = MediaServerConfiguration(
            addresses: ["127.0.0.1", "::1"], certificate: try DTLSCertificate.generated())
        configuration.port = 0
        configuration.announce = ["2001:db8::5", "192.0.2.9"]
        let server = try MediaServer(configuration: configuration)
        let candidates = server.candidates(ofWorker: 0)
        #expect(candidates.map(\.address) == ["2001:db8:0:0:0:0:0:5", "192.0.2.9"])
        #expect(candidates.allSatisfy { $0.port > 0 })
        server.stop()
    }

    @Test("stop ends the threads, closes the sockets and the events; twice is once")
    func stop() async throws {
        let server = try server(addresses: ["127.0.0.1"])
        try server.start()
        let port = try #require(server.candidates(ofWorker: 0).first?.port)
        #expect(throws: SocketError.self) { _ = try UDPSocket(address: "127.0.0.1", port: port, index: 0) }
        server.stop()
        server.stop()
        var events = server.events.makeAsyncIterator()
        #expect(await events.next() == nil)
        _ = try UDPSocket(address: "127.0.0.1", port: port, index: 0)
        #expect(server.failures.isEmpty)
    }
}
