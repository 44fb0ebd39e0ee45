internal import Glibc

/// Why a socket could not be opened or used.
package enum SocketError: Error, Sendable, Equatable {
    /// Not a numeric IPv4 or IPv6 address.
    case notAnAddress(String)
    case cannotBind(address: String, port: UInt16, errno: Int32)
    case receiveFailed(errno: Int32)
}

extension SocketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAnAddress(let text):
            "'\(text)' is not a numeric IPv4 or IPv6 address; write one that this machine has, such as 192.0.2.1"
        case .cannotBind(let address, let port, let code) where code == EADDRINUSE:
            "port \(port) on \(address) is taken by another program; stop that one or change media.port"
        case .cannotBind(let address, _, let code) where code == EADDRNOTAVAIL:
            "this machine has no address \(address); list its own addresses in media.listen, "
                + "and what the world sees in media.announce"
        case .cannotBind(let address, let port, let code) where code == EACCES:
            "port \(port) on \(address) needs more rights; use one above 1023"
        case .cannotBind(let address, let port, let code):
            "port \(port) on \(address) cannot be opened: \(Self.text(code))"
        case .receiveFailed(let code): "receiving failed: \(Self.text(code))"
        }
    }

    /// What the C library says about a number.
    static func text(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
