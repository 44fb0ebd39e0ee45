import Glibc

/// The machine's addresses that a browser may reach.
enum OwnAddresses {
    /// Usable IPv4 and IPv6 addresses in the kernel's order, loopback first if it is wanted.
    ///
    /// Link-local addresses are left out: they mean nothing without a zone, which candidates cannot carry.
    static func list(loopback: Bool) -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return loopback ? ["127.0.0.1"] : [] }
        defer { freeifaddrs(first) }
        var found: [(isLoopback: Bool, text: String)] = []
        var next = first
        while let interface = next?.pointee {
            next = interface.ifa_next
            let flags = Int32(bitPattern: interface.ifa_flags)
            guard let address = interface.ifa_addr, flags & Int32(IFF_UP) != 0 else { continue }
            guard let text = text(of: address), isUsable(text) else { continue }
            let isLoopback = flags & Int32(IFF_LOOPBACK) != 0
            if isLoopback, !loopback { continue }
            if !found.contains(where: { $0.text == text }) { found.append((isLoopback, text)) }
        }
        return found.filter(\.isLoopback).map(\.text) + found.filter { !$0.isLoopback }.map(\.text)
    }

    private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        let family = Int32(address.pointee.sa_family)
        let length: Int
        switch family {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = getnameinfo(
            address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return nil }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Neither link-local (RFC 3927, RFC 4291 §2.5.6) nor with a zone.
    private static func isUsable(_ text: String) -> Bool {
        !text.hasPrefix("169.254.") && !text.contains("%") && !text.lowercased().hasPrefix("fe8")
            && !text.lowercased().hasPrefix("fe9") && !text.lowercased().hasPrefix("fea")
            && !text.lowercased().hasPrefix("feb")
    }
}
