import Foundation
import MediaControl
import RelayTypes

/// Writes captured packets as pcapng (draft-ietf-opsawg-pcapng), little-endian, times in nanoseconds.
///
/// RTP and RTCP are put behind IP and UDP headers of the server's making, so that the usual tools take them apart:
/// what was on the wire was encrypted. Pure.
struct PcapngWriter: Sendable {
    /// LINKTYPE_RAW: a packet begins with its IP header.
    private static let linkType: UInt16 = 101
    private static let sectionBlock: UInt32 = 0x0a0d_0d0a
    private static let interfaceBlock: UInt32 = 1
    private static let statisticsBlock: UInt32 = 5
    private static let packetBlock: UInt32 = 6
    private static let udp: UInt8 = 17

    /// One leg, as an interface.
    struct Interface: Sendable {
        let side: Side
        let name: String
        /// Where the browser is, or is said to be.
        let browser: Endpoint
        /// Where the server is, or is said to be.
        let server: Endpoint
    }

    let interfaces: [Interface]
    /// The wall clock at the monotonic clock's zero, in nanoseconds since 1970.
    let epoch: UInt64
    /// Who has written it, and what a reader should know of it.
    let program: String
    let comment: String

    /// The section header and the interfaces.
    var preamble: [UInt8] {
        var section: [UInt8] = []
        section.append(little: UInt32(0x1a2b_3c4d))
        section.append(little: UInt16(1))
        section.append(little: UInt16(0))
        section.append(little: UInt64.max)  // The section's length is not known beforehand.
        section.appendOption(1, Array(comment.utf8))
        section.appendOption(4, Array(program.utf8))
        section.append(little: UInt32(0))
        var bytes: [UInt8] = []
        bytes.appendBlock(Self.sectionBlock, section)
        for interface in interfaces {
            var body: [UInt8] = []
            body.append(little: Self.linkType)
            body.append(little: UInt16(0))
            body.append(little: UInt32(0))  // Packets are not cut at a fixed length.
            body.appendOption(2, Array(interface.name.utf8))
            body.appendOption(9, [9])
            body.append(little: UInt32(0))
            bytes.appendBlock(Self.interfaceBlock, body)
        }
        return bytes
    }

    /// One packet; nothing for a leg that has no interface.
    func packet(_ packet: CapturedPacket, _ payload: RawSpan) -> [UInt8] {
        guard let number = interfaces.firstIndex(where: { $0.side == packet.side }) else { return [] }
        let interface = interfaces[number]
        let isInbound = packet.direction == .inbound
        let header = Self.headers(
            from: isInbound ? interface.browser : interface.server,
            to: isInbound ? interface.server : interface.browser, payload: packet.originalLength)
        let time = epoch &+ packet.at.nanoseconds
        var body: [UInt8] = []
        body.reserveCapacity(payload.byteCount + 128)
        body.append(little: UInt32(truncatingIfNeeded: number))
        body.append(little: UInt32(truncatingIfNeeded: time >> 32))
        body.append(little: UInt32(truncatingIfNeeded: time))
        body.append(little: UInt32(truncatingIfNeeded: header.count + payload.byteCount))
        body.append(little: UInt32(truncatingIfNeeded: header.count + packet.originalLength))
        body += header
        payload.withUnsafeBytes { body.append(contentsOf: $0) }
        body.pad()
        if let reason = packet.dropped { body.appendOption(1, Array("dropped: \(reason.name)".utf8)) }
        var flags: [UInt8] = []
        flags.append(little: UInt32(isInbound ? 1 : 2))
        body.appendOption(2, flags)
        body.append(little: UInt32(0))
        var bytes: [UInt8] = []
        bytes.appendBlock(Self.packetBlock, body)
        return bytes
    }

    /// What an interface has counted until `now`; the last such block of a file counts.
    func statistics(of side: Side, seen: UInt64, lost: UInt64, at now: MonotonicInstant) -> [UInt8] {
        guard let number = interfaces.firstIndex(where: { $0.side == side }) else { return [] }
        let time = epoch &+ now.nanoseconds
        var body: [UInt8] = []
        body.append(little: UInt32(truncatingIfNeeded: number))
        body.append(little: UInt32(truncatingIfNeeded: time >> 32))
        body.append(little: UInt32(truncatingIfNeeded: time))
        for (code, count) in [(UInt16(4), seen), (5, lost)] {
            var value: [UInt8] = []
            value.append(little: count)
            body.appendOption(code, value)
        }
        body.append(little: UInt32(0))
        var bytes: [UInt8] = []
        bytes.appendBlock(Self.statisticsBlock, body)
        return bytes
    }

    /// IPv4 or IPv6 (RFC 791, RFC 8200) and UDP (RFC 768), for a payload of so many bytes.
    ///
    /// The checksum of UDP is 0: most payloads are cut.
    private static func headers(from source: Endpoint, to destination: Endpoint, payload: Int) -> [UInt8] {
        let length = UInt16(clamping: payload + 8)
        var bytes: [UInt8] = []
        if source.isIPv6 || destination.isIPv6 {
            bytes = [0x60, 0, 0, 0]
            bytes.append(big: length)
            bytes += [udp, 64]
            for endpoint in [source, destination] {
                bytes.append(big: endpoint.high)
                bytes.append(big: endpoint.low)
            }
        } else {
            bytes = [0x45, 0]
            bytes.append(big: UInt16(clamping: payload + 28))
            bytes += [0, 0, 0x40, 0, 64, udp, 0, 0]
            for endpoint in [source, destination] {
                bytes.append(big: UInt32(truncatingIfNeeded: endpoint.high >> 32))
            }
            let sum = checksum(bytes)
            bytes[10] = UInt8(sum >> 8)
            bytes[11] = UInt8(sum & 255)
        }
        bytes.append(big: source.port)
        bytes.append(big: destination.port)
        bytes.append(big: length)
        bytes += [0, 0]
        return bytes
    }

    /// RFC 1071, of a header whose own checksum is 0 still.
    private static func checksum(_ header: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: header.count - 1, by: 2) {
            sum += UInt32(header[index]) << 8 | UInt32(header[index + 1])
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(big value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func pad() { append(contentsOf: repeatElement(0, count: (4 - count % 4) % 4)) }

    fileprivate mutating func appendOption(_ code: UInt16, _ value: [UInt8]) {
        let value = value.prefix(Int(UInt16.max))
        append(little: code)
        append(little: UInt16(truncatingIfNeeded: value.count))
        append(contentsOf: value)
        pad()
    }

    fileprivate mutating func appendBlock(_ type: UInt32, _ body: [UInt8]) {
        let length = UInt32(truncatingIfNeeded: body.count + 12)
        append(little: type)
        append(little: length)
        append(contentsOf: body)
        append(little: length)
    }
}
