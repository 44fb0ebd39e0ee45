internal import RelayTypes

/// One address of the server's, as an ICE candidate (RFC 8445 §5.1.1.1, RFC 8839 §5.1).
struct HostCandidate: Equatable {
    let endpoint: Endpoint
    /// RFC 8445 §5.1.2.1.
    let priority: UInt32
    /// One for each address (RFC 8445 §5.1.1.3): all are host candidates over UDP.
    let foundation: Int

    /// The candidates in order of preference, each address and port once.
    ///
    /// What reaches far comes first: addresses of the network, then those of one link, then loopback; IPv6 before
    /// IPv4 in each (RFC 8421 §4).
    static func ranked(_ endpoints: [Endpoint]) -> [HostCandidate] {
        // The local socket is no part of a candidate.
        let places = endpoints.map { Endpoint(high: $0.high, low: $0.low, port: $0.port, isIPv6: $0.isIPv6) }
        var seen: Set<Endpoint> = []
        let ordered = places.filter { seen.insert($0).inserted }
            .enumerated()
            .sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)

        var foundations: [String: Int] = [:]
        return ordered.prefix(Int(UInt16.max)).enumerated()
            .map { index, endpoint in
                let foundation = foundations[endpoint.address] ?? foundations.count + 1
                foundations[endpoint.address] = foundation
                return HostCandidate(
                    endpoint: endpoint, priority: priority(localPreference: UInt16.max - UInt16(index)),
                    foundation: foundation)
            }
    }

    /// The `a=candidate` line (RFC 8839 §5.1).
    var line: String {
        "a=candidate:\(foundation) 1 udp \(priority) \(endpoint.address) \(endpoint.port) typ host"
    }

    /// 2^24 × type preference + 2^8 × local preference + (256 - component), for component 1 (RTP, and with
    /// rtcp-mux RTCP too) and the type preference 126 that is recommended for host candidates.
    ///
    /// Source: RFC 8445 §5.1.2.1 and §5.1.2.2.
    private static func priority(localPreference: UInt16) -> UInt32 {
        126 << 24 | UInt32(localPreference) << 8 | 255
    }

    private static func rank(_ endpoint: Endpoint) -> Int {
        let reach: Int
        if endpoint.isIPv6 {
            let isLoopback = endpoint.high == 0 && endpoint.low == 1  // ::1
            reach = isLoopback ? 2 : endpoint.high >> 54 == 0xfe80 >> 6 ? 1 : 0  // fe80::/10
        } else {
            let first = endpoint.high >> 56
            reach = first == 127 ? 2 : endpoint.high >> 48 == 0xa9fe ? 1 : 0  // 127/8, 169.254/16
        }
        return reach * 2 + (endpoint.isIPv6 ? 0 : 1)
    }
}
