internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// The server's admin API (PROTOCOL.md section 6): its metrics, and the operator's hand for bans.
struct AdminLink: Sendable {
    private let base: String
    private let token: String?
    private let client: HTTPClient
    /// What a sentence calls it.
    let place: String

    /// - Parameters:
    ///   - place: the path of the socket, or an `http://` address.
    ///   - token: for an address.
    init(_ place: String, token: String?, client: HTTPClient) throws(LoadFailure) {
        self.place = place
        self.client = client
        if place.hasPrefix("http://") || place.hasPrefix("https://") {
            guard let token else { throw .usage("--admin with an address needs --admin-token-file") }
            base = String(place.reversed().drop { $0 == "/" }.reversed())
            self.token = token
        } else {
            base = "http+unix://" + Self.encoded(place)
            self.token = nil
        }
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    private func ask(
        _ path: String, method: String = "GET", body: String? = nil
    ) async -> (status: UInt, body: String)? {
        var request = HTTPClientRequest(url: base + path)
        request.method = .init(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        guard let response = try? await client.execute(request, timeout: .seconds(5)),
            let bytes = try? await response.body.collect(upTo: 4 << 20)
        else { return nil }
        return (response.status.code, String(buffer: bytes))
    }

    /// The server's figures; `nil` when it does not answer.
    func metrics() async -> ServerFigures? {
        guard let answer = await ask("/metrics"), answer.status == 200 else { return nil }
        return ServerFigures(prometheus: answer.body)
    }

    /// Asks for the metrics, or says why there are none.
    func requireMetrics() async throws(LoadFailure) -> ServerFigures {
        guard let answer = await ask("/metrics") else {
            throw .cannotRun(
                "no admin API answers at \(place); is the server running, and may this user connect?")
        }
        guard answer.status == 200, let figures = ServerFigures(prometheus: answer.body) else {
            throw .cannotRun(
                answer.status == 401
                    ? "the admin API at \(place) does not take the token"
                    : "what answers at \(place) is not Tidegate's admin API (status \(answer.status))")
        }
        return figures
    }

    /// Whether this server can ban: asked without banning anybody.
    func hasBans() async -> Bool { await ask("/v1/bans")?.status == 200 }

    private struct Ban: Decodable { let ban: String }

    /// Bans a peer for ten minutes.
    ///
    /// - Returns: the ban, or `nil` when there is none.
    func ban(_ peer: String) async -> String? {
        let until = Date.now.addingTimeInterval(600).formatted(.iso8601)
        let body =
            "{\"reason\":\"spam\",\"facts\":\"a load test\",\"until\":\(JSONText.quoted(until))}"
        let path = "/v1/peers/\(Self.encoded(peer))/ban"
        guard let answer = await ask(path, method: "POST", body: body), answer.status == 200 else {
            return nil
        }
        return (try? JSONDecoder().decode(Ban.self, from: Data(answer.body.utf8)))?.ban
    }

    func lift(_ ban: String) async { _ = await ask("/v1/bans/\(Self.encoded(ban))", method: "DELETE") }
}

/// What the server says of itself at one moment (`GET /metrics`).
struct ServerFigures: Sendable, Equatable {
    var cpuSeconds = 0.0
    var memoryBytes = 0.0
    var receivedPackets = 0.0
    var forwardedPackets = 0.0
    var droppedPackets = 0.0
    var legs = 0.0
    var pairs = 0.0
    var peers = 0.0

    init() {}

    /// Reads the Prometheus text format.
    ///
    /// - Returns: `nil` when Tidegate's own figures are not in it.
    init?(prometheus text: String) {
        var sums: [Substring: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...])
            else { continue }
            let name = line[..<space].prefix { $0 != "{" }
            sums[name, default: 0] += value
        }
        guard let forwarded = sums["tidegate_forwarded_packets_total"] else { return nil }
        forwardedPackets = forwarded
        cpuSeconds = sums["process_cpu_seconds_total"] ?? 0
        memoryBytes = sums["process_resident_memory_bytes"] ?? 0
        receivedPackets = sums["tidegate_received_packets_total"] ?? 0
        droppedPackets = sums["tidegate_dropped_packets_total"] ?? 0
        legs = sums["tidegate_legs"] ?? 0
        pairs = sums["tidegate_pairs"] ?? 0
        peers = sums["tidegate_peers"] ?? 0
    }
}
