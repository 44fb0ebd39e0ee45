internal import Foundation

/// The server that is put under load: its public listener.
struct Target: Sendable, Equatable {
    let isSecure: Bool
    /// As it was given, without brackets.
    let host: String
    let port: Int

    /// `http://host:port`, `https://host`, or `host:port`.
    init(_ text: String) throws(LoadFailure) {
        let problem = LoadFailure.usage(
            "'\(text)' is not a server; --target is an address such as http://127.0.0.1:8080")
        let hasScheme = text.contains("://")
        guard let parts = URLComponents(string: hasScheme ? text : "http://" + text),
            let host = parts.host, !host.isEmpty, parts.path.isEmpty || parts.path == "/",
            parts.query == nil, parts.fragment == nil, parts.user == nil,
            let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https"
        else { throw problem }
        isSecure = scheme == "https"
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isSecure ? 443 : 80)
        guard (1...65_535).contains(port) else { throw problem }
    }

    /// `host:port`, with brackets around an IPv6 address.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    var url: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// Whether the host is this machine, told from its spelling and never from a name server.
    var isLoopback: Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { $0.count <= 3 && UInt8($0) != nil }
    }

    /// Load on somebody else's server is an attack, so a foreign host must be named twice.
    func requirePermission(named: String?) throws(LoadFailure) {
        guard !isLoopback, named != host else { return }
        throw .usage(
            named == nil
                ? "\(host) is not this machine; repeat its name with --i-own-this-host \(host) if it is yours"
                : "--i-own-this-host says '\(named ?? "")', but the target's host is '\(host)'")
    }
}
