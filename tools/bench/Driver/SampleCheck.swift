import Foundation

/// Decrypts what the player kept, and compares the mark inside with what its place said that it is.
struct SampleCheck {
    struct Result {
        var right = 0
        /// Decrypted to somebody else's packet, or to another one.
        var wrong = 0
        var undecipherable = 0
    }

    let table: LegTable
    let stream: MediaStream
    /// How many packets of each flow were in the file that was played.
    let packetsPerFlow: Int

    /// - Parameter path: records of receiver, number within the file, length (32 bits each), bytes.
    func check(_ path: String) throws -> Result {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var result = Result()
        table.withLegs { legs, _ in
            var offset = 0
            while offset + 12 <= bytes.count {
                let head = bytes[offset..<(offset + 12)]
                    .withUnsafeBytes { raw in
                        (0..<3).map { Int(raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
                    }
                let start = offset + 12
                guard legs.indices.contains(head[0]), start + head[2] <= bytes.count else { break }
                offset = start + head[2]
                var packet = Array(bytes[start..<offset])
                guard let length = legs[head[0]].unprotect(&packet) else {
                    result.undecipherable += 1
                    continue
                }
                packet.removeSubrange(length...)
                guard let partner = legs[head[0]].partner, let numbers = legs[partner].numbers[stream] else {
                    result.wrong += 1
                    continue
                }
                let first = numbers.count &- UInt32(truncatingIfNeeded: packetsPerFlow)
                let wanted = MediaStream.Mark(
                    flow: UInt32(truncatingIfNeeded: partner),
                    number: first &+ UInt32(truncatingIfNeeded: head[1]))
                if stream.mark(packet) == wanted { result.right += 1 } else { result.wrong += 1 }
            }
        }
        return result
    }
}
