import RelayTypes
import Testing

@testable import Forwarder

@Suite("Handshakes wait in a bounded queue, oldest first")
struct HandshakeQueueTests {
    private func endpoint(_ number: Int) -> Endpoint { Endpoint(ipv4: UInt32(number), port: 1) }

    private static func append(_ queue: inout HandshakeQueue, _ bytes: [UInt8], from source: Endpoint) -> Bool
    {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return queue.append(base, length: bytes.count, from: source)
        }
    }

    private static func take(_ queue: inout HandshakeQueue) -> (bytes: [UInt8], source: Endpoint)? {
        guard let (datagram, length, source) = queue.takeFirst() else { return nil }
        return (Array(UnsafeRawBufferPointer(start: datagram, count: length)), source)
    }

    @Test("each datagram comes out once, with its sender, also where the ring starts anew")
    func order() {
        var queue = HandshakeQueue()
        var (put, taken) = (0, 0)
        for _ in 0..<(3 * HandshakeQueue.capacity) {
            for _ in 0..<2 where queue.count < HandshakeQueue.capacity {
                #expect(Self.append(&queue, [22, UInt8(put & 255), UInt8(put >> 8)], from: endpoint(put)))
                put += 1
            }
            let first = Self.take(&queue)
            #expect(first?.bytes == [22, UInt8(taken & 255), UInt8(taken >> 8)])
            #expect(first?.source == endpoint(taken))
            taken += 1
        }
        while Self.take(&queue) != nil { taken += 1 }
        let isEmpty = queue.isEmpty
        #expect(taken == put && isEmpty)
    }

    @Test("nobody fills it alone, and when it is full it takes no more")
    func bounds() {
        var queue = HandshakeQueue()
        let greedy = endpoint(0)
        for number in 0..<40 {
            #expect(Self.append(&queue, [22], from: greedy) == (number < HandshakeQueue.mostOfOne))
        }
        var number = 1
        while queue.count < HandshakeQueue.capacity {
            #expect(Self.append(&queue, [22], from: endpoint(number)))
            number += 1
        }
        #expect(!Self.append(&queue, [22], from: endpoint(number)))
        #expect(Self.take(&queue)?.source == greedy)
        #expect(Self.append(&queue, [22], from: endpoint(number)))
    }
}
