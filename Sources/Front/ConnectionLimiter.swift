internal import Glibc
internal import NIOCore
internal import Synchronization

/// Counts connections, in total and by where they come from.
internal final class ConnectionLimiter: Sendable {
    /// The part of an address that one household or one machine cannot easily change.
    internal enum Prefix: Hashable, Sendable {
        case ipv4(UInt32)
        /// The upper 64 bits: what a provider gives to one customer (RFC 6177).
        case ipv6(UInt64)

        /// - Returns: `nil` for loopback and for what is no IP address: those have no limit of their own.
        internal init?(_ address: SocketAddress?) {
            guard let text = address?.ipAddress else { return nil }
            var ipv4 = in_addr()
            if inet_pton(AF_INET, text, &ipv4) == 1 {
                self.init(ipv4: UInt32(bigEndian: ipv4.s_addr))
                return
            }
            var ipv6 = in6_addr()
            guard inet_pton(AF_INET6, text, &ipv6) == 1 else { return nil }
            let bytes = withUnsafeBytes(of: ipv6) { Array($0) }
            let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if high == 0, low == 1 { return nil }
            // ::ffff:a.b.c.d is a.b.c.d (RFC 4291 §2.5.5.2).
            if high == 0, low >> 32 == 0xffff {
                self.init(ipv4: UInt32(truncatingIfNeeded: low))
            } else {
                self = .ipv6(high)
            }
        }

        private init?(ipv4 host: UInt32) {
            if host >> 24 == 127 { return nil }
            self = .ipv4(host)
        }
    }

    private struct State {
        var connections: Int
        var perPrefix: Int
        var total = 0
        var byPrefix: [Prefix: Int] = [:]
        var refused: UInt64 = 0
    }

    private let state: Mutex<State>

    internal init(connections: Int, perPrefix: Int) {
        state = Mutex(State(connections: connections, perPrefix: perPrefix))
    }

    /// Lets in by other numbers from now on; who is in stays.
    internal func limit(connections: Int, perPrefix: Int) {
        state.withLock { ($0.connections, $0.perPrefix) = (connections, perPrefix) }
    }

    /// Connections open now, and refused since the start.
    internal var counts: (open: Int, refused: UInt64) { state.withLock { ($0.total, $0.refused) } }

    /// - Returns: whether there is room. If so, ``leave(_:)`` must follow.
    internal func enter(_ prefix: Prefix?) -> Bool {
        state.withLock { state in
            guard state.total < state.connections else {
                state.refused &+= 1
                return false
            }
            if let prefix {
                let open = state.byPrefix[prefix, default: 0]
                guard open < state.perPrefix else {
                    state.refused &+= 1
                    return false
                }
                state.byPrefix[prefix] = open + 1
            }
            state.total += 1
            return true
        }
    }

    internal func leave(_ prefix: Prefix?) {
        state.withLock { state in
            state.total -= 1
            guard let prefix, let open = state.byPrefix[prefix] else { return }
            state.byPrefix[prefix] = open > 1 ? open - 1 : nil
        }
    }
}
