/// Reads pcapng as tests need it, from the specification and not from the code that writes it.
///
/// Source: draft-ietf-opsawg-pcapng section 4; little-endian sections only.
package struct PcapngReader {
    /// What is wrong with a file.
    package enum Fault: Error, Equatable {
        case truncated(at: Int)
        case malformed(String)
    }

    /// One leg.
    package struct Interface: Equatable {
        package var linkType: Int
        package var name = ""
        /// Powers of ten of a second.
        package var resolution = 6
        /// `isb_ifrecv` and `isb_ifdrop` of the last statistics block.
        package var received: UInt64?
        package var dropped: UInt64?
    }

    /// One packet, taken apart down to UDP's payload.
    package struct Packet: Equatable {
        package var interface: Int
        /// In the interface's resolution, since 1970.
        package var time: UInt64
        /// Bytes that were captured, from the IP header on.
        package var bytes: [UInt8]
        package var originalLength: Int
        /// 1 inbound, 2 outbound.
        package var direction = 0
        package var comment = ""
        package var source = ""
        package var destination = ""
        package var sourcePort = 0
        package var destinationPort = 0
        /// What was captured of UDP's payload, and how long it was.
        package var payload: [UInt8] = []
        package var payloadLength = 0
    }

    package private(set) var interfaces: [Interface] = []
    package private(set) var packets: [Packet] = []
    package private(set) var comment = ""
    private let file: [UInt8]

    /// - Throws: ``Fault`` for anything that is not as the specification says.
    package init(_ file: [UInt8]) throws {
        self.file = file
        var start = 0
        while start < file.count {
            let (type, length) = (try number(start, 4), Int(try number(start + 4, 4)))
            guard length >= 12, length % 4 == 0, start + length <= file.count else {
                throw Fault.truncated(at: start)
            }
            guard try number(start + length - 4, 4) == UInt64(length) else {
                throw Fault.malformed("the lengths of a block differ")
            }
            guard (start == 0) == (type == 0x0a0d_0d0a) else {
                throw Fault.malformed("one section, and first")
            }
            try read(type, start + 8, start + length - 4)
            start += length
        }
    }

    private mutating func read(_ type: UInt64, _ start: Int, _ end: Int) throws {
        switch type {
        case 0x0a0d_0d0a:
            guard try number(start, 4) == 0x1a2b_3c4d, try number(start + 4, 2) == 1 else {
                throw Fault.malformed("not little-endian pcapng 1")
            }
            for (code, value) in try options(start + 16, end) where code == 1 {
                comment = String(decoding: value, as: UTF8.self)
            }
        case 1:
            var interface = Interface(linkType: Int(try number(start, 2)))
            for (code, value) in try options(start + 8, end) {
                if code == 2 { interface.name = String(decoding: value, as: UTF8.self) }
                if code == 9 { interface.resolution = Int(value.first ?? 0) }
            }
            interfaces.append(interface)
        case 5:
            let index = Int(try number(start, 4))
            guard interfaces.indices.contains(index) else { throw Fault.malformed("no such interface") }
            for (code, value) in try options(start + 12, end) {
                let count = value.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                if code == 4 { interfaces[index].received = count }
                if code == 5 { interfaces[index].dropped = count }
            }
        case 6: try readPacket(start, end)
        default: throw Fault.malformed("block \(type)")
        }
    }

    private mutating func readPacket(_ start: Int, _ end: Int) throws {
        let length = Int(try number(start + 12, 4))
        let padded = (length + 3) & ~3
        guard start + 20 + padded <= end else { throw Fault.truncated(at: start) }
        var packet = Packet(
            interface: Int(try number(start, 4)),
            time: try number(start + 4, 4) << 32 | number(start + 8, 4),
            bytes: Array(file[(start + 20)..<(start + 20 + length)]),
            originalLength: Int(try number(start + 16, 4)))
        guard interfaces.indices.contains(packet.interface) else {
            throw Fault.malformed("no such interface")
        }
        guard length <= packet.originalLength else { throw Fault.malformed("more than there was") }
        for (code, value) in try options(start + 20 + padded, end) {
            if code == 1 { packet.comment = String(decoding: value, as: UTF8.self) }
            if code == 2 { packet.direction = Int(value.first ?? 0) & 3 }
        }
        try packet.takeApart()
        packets.append(packet)
    }

    private func options(_ start: Int, _ end: Int) throws -> [(code: Int, value: [UInt8])] {
        var result: [(Int, [UInt8])] = []
        var place = start
        while place < end {
            let (code, length) = (Int(try number(place, 2)), Int(try number(place + 2, 2)))
            guard place + 4 + length <= end else { throw Fault.truncated(at: place) }
            if code == 0 { return result }
            result.append((code, Array(file[(place + 4)..<(place + 4 + length)])))
            place += 4 + (length + 3) & ~3
        }
        return result
    }

    private func number(_ place: Int, _ bytes: Int) throws -> UInt64 {
        guard place >= 0, place + bytes <= file.count else { throw Fault.truncated(at: place) }
        return file[place..<(place + bytes)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PcapngReader.Packet {
    /// IPv4 (RFC 791) and UDP (RFC 768).
    fileprivate mutating func takeApart() throws {
        func big(_ place: Int) -> Int { Int(bytes[place]) << 8 | Int(bytes[place + 1]) }
        guard bytes.count >= 28, bytes[0] == 0x45, bytes[9] == 17 else {
            throw PcapngReader.Fault.malformed("not UDP over IPv4")
        }
        var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + big($1) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        guard sum == 0xffff else { throw PcapngReader.Fault.malformed("the IP header's checksum") }
        guard big(2) == originalLength, big(24) == originalLength - 20 else {
            throw PcapngReader.Fault.malformed("the lengths in IP and UDP")
        }
        source = bytes[12..<16].map { String($0) }.joined(separator: ".")
        destination = bytes[16..<20].map { String($0) }.joined(separator: ".")
        (sourcePort, destinationPort) = (big(20), big(22))
        payload = Array(bytes[28...])
        payloadLength = originalLength - 28
    }
}
