import MediaControl
import ReferenceTools
import RelayTypes
import Synchronization
import Testing

@Suite("Captured packets wait in a ring for whoever reads them") struct CaptureRingTests {
    private func facts(_ number: Int, _ length: Int) -> CapturedPacket {
        CapturedPacket(
            at: MonotonicInstant(nanoseconds: UInt64(number)), side: number % 3 == 0 ? .first : .second,
            direction: number % 2 == 0 ? .inbound : .outbound, dropped: nil, originalLength: length + 7)
    }

    private func bytes(_ number: Int, _ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
    }

    @Test("what goes in comes out, in order, whatever the lengths, over the end and again from the beginning")
    func course() {
        let ring = CaptureRing(capacity: 4_096)
        #expect(ring.capacity == 4_096)
        var random = SplitMix64(seed: 4)
        var position: UInt64 = 0
        var waiting: [(Int, Int)] = []
        var number = 0
        for _ in 0..<3_000 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let length = Int.random(in: 0...900, using: &random)
                let packet = bytes(number, length)
                if ring.write(packet.span.bytes, length: length, facts(number, length), at: &position) != nil
                {
                    waiting.append((number, length))
                }
                number += 1
            }
            guard Bool.random(using: &random) else { continue }
            ring.publish(through: position)
            ring.drain { packet, content in
                let (number, length) = waiting.removeFirst()
                #expect(packet == facts(number, length))
                #expect(content.withUnsafeBytes { Array($0) } == bytes(number, length))
            }
            #expect(waiting.isEmpty)
        }
        #expect(ring.seen(.first) + ring.seen(.second) == UInt64(number))
    }

    @Test("what does not fit is counted, overwrites nothing, and there is room again once somebody has read")
    func full() {
        let ring = CaptureRing(capacity: 1)
        var position: UInt64 = 0
        let packet = bytes(1, 1_000)
        var written = 0
        for _ in 0..<10
        where ring.write(packet.span.bytes, length: 1_000, facts(0, 1_000), at: &position) != nil {
            written += 1
        }
        #expect(written == 4 && ring.seen(.first) == 10 && ring.lost(.first) == 6 && ring.lost(.second) == 0)
        var read = 0
        ring.drain { _, _ in read += 1 }
        #expect(read == 0, "not before it is published")
        ring.publish(through: position)
        ring.drain { _, content in
            read += 1
            #expect(content.withUnsafeBytes { Array($0) } == packet)
        }
        #expect(read == 4)
        #expect(ring.write(packet.span.bytes, length: 1_000, facts(0, 1_000), at: &position) != nil)
    }

    @Test("a length beyond the packet, or below nothing, is taken for what there is")
    func lengths() {
        let ring = CaptureRing(capacity: 4_096)
        var position: UInt64 = 0
        for length in [-1, 0, 3, 4, .max] {
            _ = ring.write(bytes(0, 3).span.bytes, length: length, facts(0, 3), at: &position)
        }
        ring.publish(through: position)
        var kept: [Int] = []
        ring.drain { _, content in kept.append(content.byteCount) }
        #expect(kept == [0, 0, 3, 3, 3])
        #expect(ring.write(bytes(0, 5_000).span.bytes, length: 5_000, facts(0, 5_000), at: &position) == nil)
    }

    @Test("one writes while another reads: what is read is whole, in order, and with what was lost it is all")
    func together() async {
        let ring = CaptureRing(capacity: 8_192)
        let total = 200_000
        async let writing: Void =
            Task.detached {
                var random = SplitMix64(seed: 8)
                var position: UInt64 = 0
                for number in 0..<total {
                    let length = Int.random(in: 0...300, using: &random)
                    let packet = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
                    _ = ring.write(packet.span.bytes, length: length, facts(number, length), at: &position)
                    ring.publish(through: position)
                }
                ring.end()
            }
            .value
        var (read, last, isWhole) = (0, -1, true)
        while true {
            let hasEnded = ring.hasEnded
            ring.drain { packet, content in
                let number = Int(packet.at.nanoseconds)
                isWhole = isWhole && number > last && packet == facts(number, content.byteCount)
                content.withUnsafeBytes { bytes in
                    for byte in bytes where byte != UInt8(truncatingIfNeeded: number) { isWhole = false }
                }
                last = number
                read += 1
            }
            if hasEnded { break }
            await Task.yield()
        }
        await writing
        #expect(isWhole)
        #expect(UInt64(read) + ring.lost(.first) + ring.lost(.second) == UInt64(total))
        #expect(ring.seen(.first) + ring.seen(.second) == UInt64(total))
    }
}
