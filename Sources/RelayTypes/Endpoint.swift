/// Where a datagram comes from or goes to: an IP address and a UDP port, and which of a worker's sockets.
///
/// An IPv4 address is kept in its own form, never as an IPv4-mapped IPv6 address, so that two spellings of
/// one address are one endpoint.
@usableFromInline package struct Endpoint: Sendable, Hashable, BitwiseCopyable {
    /// The address in network byte order: the first 8 bytes.
    ///
    /// IPv4 fills the upper 4 of them.
    @usableFromInline package let high: UInt64
    /// The last 8 bytes; 0 for IPv4.
    @usableFromInline package let low: UInt64
    /// In host byte order.
    @usableFromInline package let port: UInt16
    @usableFromInline package let isIPv6: Bool
    /// Index of the local socket, 0 for the first.
    @usableFromInline package let socket: UInt8

    @inlinable
    package init(high: UInt64, low: UInt64, port: UInt16, isIPv6: Bool, socket: UInt8 = 0) {
        // ::ffff:a.b.c.d is a.b.c.d (RFC 4291 §2.5.5.2).
        if isIPv6, high == 0, low >> 32 == 0xffff {
            self.high = low << 32
            self.low = 0
            self.isIPv6 = false
        } else {
            self.high = high
            self.low = low
            self.isIPv6 = isIPv6
        }
        self.port = port
        self.socket = socket
    }

    /// - Parameter ipv4: the address as a number in host byte order, 127.0.0.1 being 0x7f00_0001.
    @inlinable
    package init(ipv4: UInt32, port: UInt16, socket: UInt8 = 0) {
        self.init(high: UInt64(ipv4) << 32, low: 0, port: port, isIPv6: false, socket: socket)
    }

    /// The address without the port, as text: dotted for IPv4, RFC 5952 without zero compression for IPv6.
    package var address: String {
        if isIPv6 {
            return (0..<8)
                .map { index in
                    let half = index < 4 ? high : low
                    return String(UInt16(truncatingIfNeeded: half >> (UInt64(3 - index % 4) * 16)), radix: 16)
                }
                .joined(separator: ":")
        }
        return (0..<4).map { String(UInt8(truncatingIfNeeded: high >> (UInt64(7 - $0) * 8))) }
            .joined(separator: ".")
    }

    /// What may be logged by default: the network, not the host (IPv4 /24, IPv6 /48).
    package var truncatedAddress: String {
        isIPv6
            ? Endpoint(high: high & 0xffff_ffff_ffff_0000, low: 0, port: 0, isIPv6: true).address
            : Endpoint(high: high & 0xffff_ff00_0000_0000, low: 0, port: 0, isIPv6: false).address
    }
}
