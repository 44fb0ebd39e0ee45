import Glibc
import ReferenceTools
import RelayTypes
import Testing

@testable import Forwarder

/// A socket that sends and receives runs, with room for many datagrams.
final class RunSocket {
    let socket: UDPSocket
    private(set) var outbound: SendBatch
    private var inbound = ReceiveBatch()
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1_600, alignment: 64)

    init(_ address: String = "127.0.0.1") throws {
        socket = try UDPSocket(address: address, port: 0, index: 0)
        outbound = SendBatch(capacity: 256, joinsRuns: socket.sendsRuns)
    }

    deinit { memory.deallocate() }

    /// - Returns: how many were lost.
    func send(_ datagrams: [(bytes: [UInt8], destination: Endpoint)]) -> Int {
        var refused = 0
        for (number, datagram) in datagrams.enumerated() {
            guard let start = memory.baseAddress.map({ $0 + number * 1_600 }) else { return datagrams.count }
            datagram.bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { start.copyMemory(from: base, byteCount: bytes.count) }
            }
            if !outbound.append(start, length: datagram.bytes.count, to: datagram.destination) {
                refused += 1
            }
        }
        return refused + outbound.flush(to: socket)
    }

    /// `count` datagrams as a worker takes them, waiting for them as long as it takes, and how many messages they
    /// came in.
    func receive(_ count: Int) async throws -> (datagrams: [[UInt8]], messages: Int) {
        var result: [[UInt8]] = []
        var messages = 0
        while result.count < count {
            let (datagrams, filled) = try poll()
            if filled == 0 { await Task.yield() }
            result += datagrams
            messages += filled
        }
        return (result, messages)
    }

    /// The datagrams that are there.
    func poll() throws -> (datagrams: [[UInt8]], messages: Int) {
        var result: [[UInt8]] = []
        let filled = try inbound.fill(from: socket)
        for message in 0..<filled {
            let (total, size) = (inbound.length(message), inbound.segmentSize(message))
            var start = 0
            repeat {
                inbound.forgetCopies()
                let length = min(size, total - start)
                let slot = inbound.slot(message, from: start, length: length)
                result.append(Array(UnsafeRawBufferPointer(start: slot, count: length)))
                start += length
            } while start < total
        }
        return (result, filled)
    }

    /// Makes the kernel refuse runs: it cuts none without checksums.
    func refuseRuns() {
        var on: Int32 = 1
        setsockopt(socket.descriptor, SOL_SOCKET, SO_NO_CHECK, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}

@Suite("Runs of datagrams are one message, and arrive as what they were")
struct RunTests {
    private func datagrams(_ lengths: [Int], seed: UInt64 = 1) -> [[UInt8]] {
        var random = SplitMix64(seed: seed)
        return lengths.map { length in (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    }

    @Test("in order, whatever their lengths, to one destination", arguments: ["127.0.0.1", "::1"])
    func order(address: String) async throws {
        let (one, other) = (try RunSocket(address), try RunSocket(address))
        // Runs that a shorter one ends, a longer one interrupts, empty datagrams, and the longest.
        let lengths = [
            1_000, 1_000, 1_000, 400, 400, 1_200, 1_200, 7, 0, 0, 1, ReceiveBatch.mostBytes,
            ReceiveBatch.mostBytes,
            3,
        ]
        let sent = datagrams(lengths)
        #expect(one.send(sent.map { ($0, other.socket.local) }) == 0)
        #expect(try await other.receive(sent.count).datagrams == sent)
    }

    @Test("to several destinations at once, each gets its own in order")
    func destinations() async throws {
        let one = try RunSocket()
        let others = try (0..<3).map { _ in try RunSocket() }
        var random = SplitMix64(seed: 5)
        var sent: [[[UInt8]]] = [[], [], []]
        var batch: [(bytes: [UInt8], destination: Endpoint)] = []
        for number in 0..<200 {
            let index = Int(random.next() % 3)
            let length = [200, 200, 200, 90][Int(random.next() % 4)]
            let bytes = datagrams([length], seed: UInt64(number))[0]
            sent[index].append(bytes)
            batch.append((bytes, others[index].socket.local))
        }
        #expect(one.send(batch) == 0)
        for index in 0..<3 {
            #expect(try await others[index].receive(sent[index].count).datagrams == sent[index])
        }
    }

    @Test("a run is longer than one message may be: it takes several")
    func long() async throws {
        let (one, other) = (try RunSocket(), try RunSocket())
        // More than 64 of them, and more than 65,000 bytes.
        for length in [10, 1_200] {
            let sent = datagrams(Array(repeating: length, count: 130), seed: UInt64(length))
            #expect(one.send(sent.map { ($0, other.socket.local) }) == 0)
            #expect(try await other.receive(sent.count).datagrams == sent)
        }
    }

    @Test("the kernel carries a run in one piece, where it knows how")
    func onePiece() async throws {
        let (one, other) = (try RunSocket(), try RunSocket())
        let isKnown = one.socket.sendsRuns && other.socket.receivesRuns
        try #require(isKnown, "this kernel knows no runs")
        let sent = datagrams([900, 900, 900, 100])
        #expect(one.send(sent.map { ($0, other.socket.local) }) == 0)
        let received = try await other.receive(4)
        #expect(received.datagrams == sent)
        #expect(received.messages == 1)
    }

    @Test("what the kernel refuses to cut goes out singly, and after a while no run is tried")
    func refusal() async throws {
        let (one, other) = (try RunSocket(), try RunSocket())
        let isKnown = one.socket.sendsRuns
        try #require(isKnown, "this kernel knows no runs")
        one.refuseRuns()
        for round in 0..<20 {
            let sent = datagrams([500, 500, 500, 20, 500, 500], seed: UInt64(round))
            #expect(one.send(sent.map { ($0, other.socket.local) }) == 0)
            #expect(try await other.receive(sent.count).datagrams == sent)
        }
        let joinsRuns = one.outbound.joinsRuns
        #expect(!joinsRuns)
    }

    @Test("a run to nowhere is lost alone, and all of it is counted")
    func unreachable() async throws {
        let (one, other) = (try RunSocket(), try RunSocket())
        let nowhere = Endpoint(high: 0, low: 1, port: 9, isIPv6: true)
        let sent = datagrams([100, 100, 100])
        let lost = one.send(
            sent.map { ($0, nowhere) } + sent.map { ($0, other.socket.local) } + sent.map { ($0, nowhere) })
        #expect(lost == 6)
        #expect(try await other.receive(3).datagrams == sent)
    }

    @Test("a full batch takes nothing more")
    func full() throws {
        let (one, other) = (try RunSocket(), try RunSocket())
        let sent = datagrams(Array(repeating: 1, count: 250))
        let more = sent + datagrams(Array(repeating: 2, count: 10))
        #expect(one.send(more.map { ($0, other.socket.local) }) == 4)
    }
}
