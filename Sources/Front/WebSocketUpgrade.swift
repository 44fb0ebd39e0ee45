internal import HTTPTypes
internal import NIOHTTP1

/// Decides whether a request may become the signalling WebSocket.
///
/// Pure.
internal struct WebSocketUpgrade: Sendable {
    internal static let path = "/v1/signal"
    /// The subprotocol that a client must offer (PROTOCOL.md section 2).
    internal static let subprotocol = "tidegate.v1"

    internal enum Verdict: Equatable {
        case upgrade
        /// Answer with this status and JSON error instead.
        case refuse(status: Int, code: String, message: String)
    }

    /// What of a request matters here, whichever library has read it.
    internal struct Facts: Equatable {
        var method: String
        var hosts: [String]
        var origins: [String]
        var subprotocols: [String]
        var upgrades: [String]
        var versions: [String]
        var keys: [String]
    }

    /// In lower case, as a browser serialises them (RFC 6454 §6.2).
    private let origins: Set<String>

    internal init(origins: [String]) { self.origins = Set(origins.map { $0.lowercased() }) }

    internal func verdict(on facts: Facts) -> Verdict {
        guard facts.method == "GET" else {
            return .refuse(status: 405, code: "method_not_allowed", message: "only GET opens a WebSocket")
        }
        let upgrades = facts.upgrades.flatMap(Self.list)
        guard upgrades.contains(where: { $0.lowercased() == "websocket" }) else {
            return .refuse(status: 426, code: "upgrade_required", message: "this is a WebSocket")
        }
        guard facts.versions == ["13"] else {
            return .refuse(
                status: 426, code: "upgrade_required", message: "only WebSocket version 13 (RFC 6455)")
        }
        guard facts.keys.count == 1, facts.hosts.count == 1 else {
            return .refuse(
                status: 400, code: "bad_request", message: "exactly one Host and one Sec-WebSocket-Key")
        }
        guard facts.subprotocols.flatMap(Self.list).contains(Self.subprotocol) else {
            return .refuse(
                status: 400, code: "bad_request",
                message: "Sec-WebSocket-Protocol must contain \(Self.subprotocol)")
        }
        guard isAllowed(facts.origins, host: facts.hosts[0]) else {
            return .refuse(
                status: 403, code: "forbidden_origin",
                message: "pages of this origin may not connect here; allow it with http.origins")
        }
        return .upgrade
    }

    /// No `Origin` is no browser, and is allowed; one must be the server's own or a configured one.
    private func isAllowed(_ origins: [String], host: String) -> Bool {
        guard let origin = origins.first?.lowercased() else { return true }
        guard origins.count == 1 else { return false }
        if self.origins.contains(origin) { return true }
        guard let scheme = ["https://", "http://"].first(where: origin.hasPrefix) else { return false }
        return !host.isEmpty && origin.dropFirst(scheme.count) == host.lowercased()
    }

    /// The members of a comma-separated field (RFC 9110 §5.6.1).
    private static func list(_ field: String) -> [String] {
        field.split(separator: ",")
            .map { member in
                let trimmed = member.drop { $0 == " " || $0 == "\t" }
                return String(trimmed.prefix { $0 != " " && $0 != "\t" })
            }
    }
}

extension WebSocketUpgrade.Facts {
    /// From what NIO has read, before the connection is anything.
    internal init(_ head: HTTPRequestHead) {
        self.init(
            method: head.method.rawValue, hosts: head.headers["host"], origins: head.headers["origin"],
            subprotocols: head.headers["sec-websocket-protocol"], upgrades: head.headers["upgrade"],
            versions: head.headers["sec-websocket-version"], keys: head.headers["sec-websocket-key"])
    }

    /// From what Hummingbird has read, to tell why a request was not upgraded.
    internal init(_ request: HTTPRequest) {
        self.init(
            method: request.method.rawValue, hosts: request.authority.map { [$0] } ?? [],
            origins: request.headerFields[values: .origin],
            subprotocols: request.headerFields[values: .secWebSocketProtocol],
            upgrades: request.headerFields[values: .upgrade],
            versions: request.headerFields[values: .secWebSocketVersion],
            keys: request.headerFields[values: .secWebSocketKey])
    }
}
