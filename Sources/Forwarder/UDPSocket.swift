internal import CLinuxNet
internal import Glibc
package import RelayTypes

/// One UDP socket, bound to one address: sole owner of a descriptor.
///
/// Never bound to a wildcard on a machine with several addresses: an answer must leave from the address that was
/// reached, or the browser's NAT drops it.
package struct UDPSocket: ~Copyable {
    /// Asked of the kernel for each direction, in bytes: a second of 25 Mbit/s.
    package static let bufferSize: Int32 = 4 << 20

    internal let descriptor: Int32
    /// Whether the kernel hands over runs of datagrams in one piece (UDP_GRO).
    package let receivesRuns: Bool
    /// Whether the kernel cuts a message into datagrams (UDP_SEGMENT).
    package let sendsRuns: Bool
    /// What the kernel granted of ``bufferSize`` for receiving, in bytes.
    package let receiveBuffer: Int
    /// What it is bound to, the port that the kernel chose included.
    package let local: Endpoint

    /// - Parameters:
    ///   - address: numeric. An IPv6 address takes no IPv4 traffic.
    ///   - port: 0 for one that is free.
    ///   - index: which of the worker's sockets this is; received endpoints carry it.
    package init(address: String, port: UInt16, index: UInt8) throws(SocketError) {
        var wanted = clinuxnet_address()
        guard clinuxnet_parse(address, &wanted) else { throw .notAnAddress(address) }
        wanted.port = port
        var bound = clinuxnet_address()
        let result = clinuxnet_open(&wanted, Self.bufferSize, &bound)
        guard result >= 0 else { throw .cannotBind(address: address, port: port, errno: -result) }
        descriptor = result
        // Kernels before 4.18 and 5.0 refuse, and all goes on with single datagrams.
        receivesRuns = clinuxnet_coalesce_received(result)
        sendsRuns = clinuxnet_can_segment(result)
        receiveBuffer = Int(max(clinuxnet_receive_buffer(result), 0))
        local = Endpoint(
            high: bound.high, low: bound.low, port: bound.port, isIPv6: bound.is_ipv6, socket: index)
    }

    deinit { close(descriptor) }

    /// Reads a numeric address.
    package static func endpoint(_ address: String, port: UInt16, index: UInt8) throws(SocketError)
        -> Endpoint
    {
        var parsed = clinuxnet_address()
        guard clinuxnet_parse(address, &parsed) else { throw .notAnAddress(address) }
        return Endpoint(high: parsed.high, low: parsed.low, port: port, isIPv6: parsed.is_ipv6, socket: index)
    }
}
