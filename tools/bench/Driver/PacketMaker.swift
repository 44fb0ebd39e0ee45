import Glibc
import RelayTypes

/// Writes protected packets for the player, one after another, all of one length.
///
/// Bursts of one flow lie together; the flows take turns. A packet's place says whose it is.
struct PacketMaker {
    let table: LegTable
    let stream: MediaStream
    /// Bytes behind the RTP header.
    let payload: Int
    let burst: Int

    /// What the player must know.
    struct Made {
        /// Of one datagram, in bytes.
        let length: Int
        let packets: Int
    }

    /// - Parameters:
    ///   - packets: how many at least; what does not fill a round of all flows is filled up.
    ///   - file: gets the packets.
    ///   - flows: gets a line for each flow: source, destination, port, first number at the receiver, partner.
    func make(packets wanted: Int, file: String, flows: String) throws -> Made {
        try table.withLegs { legs, _ in
            guard let first = legs.first, payload >= MediaStream.leastPayload else {
                throw DriverError("no legs, or a payload under \(MediaStream.leastPayload) bytes")
            }
            let length = MediaStream.headerLength + payload + first.trailer
            let rounds = (wanted + legs.count * burst - 1) / (legs.count * burst)
            let packets = rounds * legs.count * burst
            try write(flowLines(legs), to: flows)
            let bytes = try Mapping(path: file, count: packets * length)
            var scratch = [[UInt8]]()
            for leg in legs {
                scratch.append(
                    stream.template(flow: leg.flow, payload: payload, format: table.format)
                        + [UInt8](repeating: 0, count: first.trailer))
            }
            let clock: UInt32 = stream == .audio ? 960 : 3_000
            var place = 0
            for _ in 0..<rounds {
                for leg in legs {
                    for index in 0..<burst {
                        var packet = scratch[leg.flow]
                        let numbers = leg.numbers[stream] ?? BenchLeg.Numbers(next: 0)
                        let frame = (numbers.count &- UInt32(index)) &* clock
                        stream.number(
                            &packet, sequence: numbers.next, timestamp: frame, transport: leg.transport,
                            count: numbers.count)
                        packet[1] = packet[1] & 0x7f | (index == burst - 1 ? 0x80 : 0)
                        let protected = try leg.protect(&packet, length: length - first.trailer)
                        guard protected == length else { throw DriverError("lengths differ") }
                        bytes.write(packet, at: place * length)
                        place += 1
                        leg.numbers[stream]?.next &+= 1
                        leg.numbers[stream]?.count &+= 1
                        leg.transport &+= 1
                    }
                }
            }
            return Made(length: length, packets: packets)
        }
    }

    private func flowLines(_ legs: [BenchLeg]) -> String {
        legs.map { leg in
            let numbers = leg.numbers[stream]
            let first = (numbers?.next ?? 0) &+ (numbers?.offset ?? 0)
            let source = Endpoint(ipv4: leg.local, port: 0).address
            let destination = Endpoint(ipv4: leg.host, port: 0).address
            return "\(source) \(destination) \(leg.port) \(first) \(leg.partner ?? -1)\n"
        }
        .joined()
    }

    private func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw DriverError("cannot write \(path)") }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw DriverError("cannot write \(path)") }
    }
}

/// A file in memory, to be filled.
private final class Mapping {
    private let bytes: UnsafeMutableRawBufferPointer

    init(path: String, count: Int) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw DriverError("cannot write \(path)") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, count) == 0,
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            start != MAP_FAILED
        else { throw DriverError("no room for \(count) bytes in \(path)") }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

    func write(_ packet: [UInt8], at offset: Int) {
        UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<(offset + packet.count)])
            .copyBytes(from: packet)
    }
}
