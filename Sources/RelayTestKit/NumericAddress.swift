// For the compiler, the definitions of `sockaddr_in` and its kin belong to both modules: libnice includes them too.
internal import CNiceAgent
internal import Glibc
package import RelayTypes

/// Addresses as text and as the kernel's structures.
///
/// Nothing here asks a name server.
package enum NumericAddress {
    /// - Returns: `nil` when `text` is not a numeric IPv4 or IPv6 address.
    package static func endpoint(_ text: String, port: UInt16) -> Endpoint? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return Endpoint(ipv4: UInt32(bigEndian: four.s_addr), port: port)
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let (high, low) = withUnsafeBytes(of: &six) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        return Endpoint(high: high, low: low, port: port, isIPv6: true)
    }

    /// Lends the kernel's form of an endpoint.
    static func withSocketAddress<Result>(
        _ endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        if endpoint.isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = endpoint.port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: endpoint.high.bigEndian, toByteOffset: 0, as: UInt64.self)
                bytes.storeBytes(of: endpoint.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(truncatingIfNeeded: endpoint.high >> 32).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Where a socket is bound.
    static func local(of descriptor: Int32) -> Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return named == 0 ? endpoint(from: storage) : nil
    }

    /// Reads the kernel's form of an address.
    static func endpoint(from storage: sockaddr_storage) -> Endpoint? {
        var storage = storage
        return withUnsafePointer(to: &storage) { pointer in
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
                    Endpoint(
                        ipv4: UInt32(bigEndian: four.pointee.sin_addr.s_addr),
                        port: UInt16(bigEndian: four.pointee.sin_port))
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
                    withUnsafeBytes(of: six.pointee.sin6_addr) { bytes in
                        Endpoint(
                            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                            port: UInt16(bigEndian: six.pointee.sin6_port), isIPv6: true)
                    }
                }
            default: nil
            }
        }
    }
}
