import RelayTypes
import Testing

@testable import Forwarder

/// A socket with its batches, as a worker or a stranger has it.
final class TestSocket {
    let socket: UDPSocket
    private var outbound = SendBatch(capacity: 64)
    private var inbound = ReceiveBatch()
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 64)

    init(_ address: String) throws { socket = try UDPSocket(address: address, port: 0, index: 0) }

    deinit { memory.deallocate() }

    /// - Returns: whether the kernel took it.
    func send(_ bytes: [UInt8], to destination: Endpoint) -> Bool {
        memory.copyBytes(from: bytes)
        guard let start = memory.baseAddress else { return false }
        return outbound.append(start, length: bytes.count, to: destination) && outbound.flush(to: socket) == 0
    }

    /// One datagram, waiting for it as long as it takes.
    func receive() async throws -> (bytes: [UInt8], source: Endpoint, isTruncated: Bool) {
        while true {
            if let datagram = try take() { return datagram }
            await Task.yield()
        }
    }

    /// One datagram, if it is there; others of the same batch are lost.
    func take() throws -> (bytes: [UInt8], source: Endpoint, isTruncated: Bool)? {
        guard try inbound.fill(from: socket) > 0 else { return nil }
        let length = inbound.length(0)
        let isTruncated = inbound.isTruncated(0)
        let source = inbound.source(0, socket: 0)
        return (Self.bytes(&inbound, length), source, isTruncated)
    }

    private static func bytes(_ inbound: inout ReceiveBatch, _ length: Int) -> [UInt8] {
        let slot = inbound[0]
        var result: [UInt8] = []
        for offset in 0..<length {
            result.append(slot.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
        return result
    }
}

@Suite("Batches carry datagrams as they are")
struct BatchTests {
    @Test("over IPv4 and IPv6, with the sender's address", arguments: ["127.0.0.1", "::1"])
    func carries(address: String) async throws {
        let one = try TestSocket(address)
        let other = try TestSocket(address)
        let destination = other.socket.local
        #expect(one.send([1, 2, 3], to: destination))
        let (bytes, source, isTruncated) = try await other.receive()
        #expect(bytes == [1, 2, 3])
        #expect(source == one.socket.local)
        #expect(!isTruncated)
        // And back to the address that was seen.
        #expect(other.send([4], to: source))
        #expect(try await one.receive().bytes == [4])
    }

    @Test("a datagram that is longer than a slot is told apart, one that just fits is whole")
    func truncation() async throws {
        let one = try TestSocket("127.0.0.1")
        let other = try TestSocket("127.0.0.1")
        let destination = other.socket.local
        #expect(one.send(Array(repeating: 7, count: ReceiveBatch.mostBytes), to: destination))
        let (bytes, _, fits) = try await other.receive()
        #expect(bytes.count == ReceiveBatch.mostBytes && !fits)
        #expect(one.send(Array(repeating: 7, count: ReceiveBatch.mostBytes + 1), to: destination))
        #expect(try await other.receive().isTruncated)
    }

    @Test("what cannot be sent is lost alone")
    func unreachable() async throws {
        let one = try TestSocket("127.0.0.1")
        let other = try TestSocket("127.0.0.1")
        let destination = other.socket.local
        // An IPv4 socket has no way to IPv6.
        #expect(!one.send([1], to: Endpoint(high: 0, low: 1, port: 9, isIPv6: true)))
        #expect(one.send([2], to: destination))
        #expect(try await other.receive().bytes == [2])
    }

    @Test("an address has one spelling", arguments: ["192.0.2.1", "2001:db8:0:0:0:0:0:1"])
    func parsing(text: String) throws {
        #expect(try UDPSocket.endpoint(text, port: 1, index: 0).address == text)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "::g", "1.2.3.4 "])
    func notAddresses(text: String) {
        #expect(throws: SocketError.notAnAddress(text)) { try UDPSocket.endpoint(text, port: 1, index: 0) }
    }
}
