internal import Glibc

/// Where a TCP listener binds: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A numeric address without brackets, or a host name.
    package let host: String
    /// 0 lets the kernel choose.
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets (RFC 3986 §3.2.2).
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard NumericAddress.isIPv6(host) else { return nil }
        } else {
            guard Self.isHostName(host) else { return nil }
        }
        self.init(host: host, port: port)
    }

    /// Letters, digits, hyphens and dots (RFC 1123 §2.1), which covers dotted IPv4 too.
    private static func isHostName(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253, !text.hasPrefix("-"), !text.hasPrefix(".") else {
            return false
        }
        let isDotted = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
        if isDotted { return NumericAddress.isIPv4(text) }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e: true
            default: false
            }
        }
    }

    /// Whether only this machine can reach it: 127.0.0.0/8 (RFC 1122 §3.2.1.3), ::1, `localhost` (RFC 6761
    /// §6.3).
    package var isLoopback: Bool {
        if NumericAddress.isIPv4(host) { return host.hasPrefix("127.") }
        return host.lowercased() == "localhost" || NumericAddress.isLoopbackIPv6(host)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Checks of addresses in numeric form, by `inet_pton(3)`: no name is ever looked up.
package enum NumericAddress {
    package static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    package static func isIPv6(_ text: String) -> Bool { bytes(ofIPv6: text) != nil }

    /// An address that one machine can own: not the wildcard.
    package static func isSpecific(_ text: String) -> Bool {
        if isIPv4(text) { return text != "0.0.0.0" }
        guard let bytes = bytes(ofIPv6: text) else { return false }
        return bytes.contains { $0 != 0 }
    }

    package static func isLoopbackIPv6(_ text: String) -> Bool {
        bytes(ofIPv6: text) == [UInt8](repeating: 0, count: 15) + [1]
    }

    private static func bytes(ofIPv6 text: String) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }
}
