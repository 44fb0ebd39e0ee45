import Glibc
import RelayTypes
import Storage

/// What one person can be recognised by, as hashes under each of the operator's keys.
struct BanHandles: Sendable, Equatable {
    /// Under the key that new bans are made with.
    private(set) var newest: Set<BanMark> = []
    /// Under every key.
    private(set) var all: Set<BanMark> = []

    init() {}

    /// - Parameter connection: the address that the WebSocket comes from.
    init(identity: String?, lineage: String?, connection: String?, keys: BanKeys) {
        add(.identity, identity, keys: keys)
        add(.lineage, lineage, keys: keys)
        add(.address, connection.flatMap(Self.household(of:)), keys: keys)
    }

    mutating func add(_ handle: BanHandle, _ text: String?, keys: BanKeys) {
        guard let text else { return }
        newest.insert(keys.mark(handle, text))
        all.formUnion(keys.marks(handle, text))
    }

    mutating func formUnion(_ other: BanHandles) {
        newest.formUnion(other.newest)
        all.formUnion(other.all)
    }

    /// The part of an address that one household shares: all of an IPv4 address, 64 bits of an IPv6 address
    /// (RFC 6177).
    ///
    /// - Returns: `nil` for what is no address, and for this machine's own two: behind a proxy everybody comes from
    ///   there.
    static func household(of address: String) -> String? {
        var ipv4 = in_addr()
        if inet_pton(AF_INET, address, &ipv4) == 1 { return ipv4Text(UInt32(bigEndian: ipv4.s_addr)) }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, address, &ipv6) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: ipv6) { Array($0) }
        let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if high == 0, low == 1 { return nil }
        // ::ffff:a.b.c.d is a.b.c.d (RFC 4291 §2.5.5.2).
        if high == 0, low >> 32 == 0xffff { return ipv4Text(UInt32(truncatingIfNeeded: low)) }
        return "ipv6-" + String(high, radix: 16)
    }

    private static func ipv4Text(_ host: UInt32) -> String? {
        host == 0x7f00_0001 ? nil : "ipv4-" + String(host, radix: 16)
    }
}
