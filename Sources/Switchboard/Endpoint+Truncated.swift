import Glibc
import RelayTypes

extension Endpoint {
    /// The network of an address that came as text: IPv4 /24, IPv6 /48; empty for what is no address.
    static func truncated(_ address: String) -> String {
        var ipv4 = in_addr()
        if inet_pton(AF_INET, address, &ipv4) == 1 {
            return Endpoint(ipv4: UInt32(bigEndian: ipv4.s_addr), port: 0).truncatedAddress
        }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, address, &ipv6) == 1 else { return "" }
        let bytes = withUnsafeBytes(of: ipv6) { Array($0) }
        return Endpoint(
            high: bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, port: 0, isIPv6: true
        )
        .truncatedAddress
    }
}
