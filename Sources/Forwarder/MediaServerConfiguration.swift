package import DTLS
package import RelayTypes

/// What the data plane must know to open its doors.
package struct MediaServerConfiguration: Sendable {
    /// Numeric addresses to bind, IPv4 and IPv6.
    package var addresses: [String]
    /// What candidates say, where that differs (behind one-to-one NAT); empty: the bound addresses.
    package var announce: [String] = []
    /// UDP port of the first worker; worker *n* has `port + n`.
    ///
    /// 0: free ones, for tests.
    package var port: UInt16 = 3_478
    /// How many workers, one thread each: 1 to 256.
    package var workers = 1
    /// The server's, offered to every browser.
    package var certificate: DTLSCertificate
    package var format = MediaFormat()
    /// Most legs, and most pairs, that one worker holds.
    package var legsPerWorker = 1_024
    /// How long a browser is kept without a check, in seconds (RFC 7675 §5.1).
    package var consentTimeout: UInt64 = 30
    /// The most that a browser is asked to send while nobody receives its video, in bits per second.
    package var heldBitrate: UInt64 = 300_000
    package var srtp = SRTPImplementation.openssl
    /// How long datagrams may gather under medium load before they are looked at, in microseconds; 0: never.
    package var coalesce: UInt64 = 200

    package init(addresses: [String], certificate: DTLSCertificate) {
        self.addresses = addresses
        self.certificate = certificate
    }
}

extension MediaServerConfiguration {
    /// Most sockets of one worker.
    package static let mostAddresses = 32

    /// Finds what no server could be made of, before any socket is opened.
    internal func check() throws(MediaServerError) {
        guard !addresses.isEmpty else { throw .noAddresses }
        guard addresses.count <= Self.mostAddresses else { throw .tooManyAddresses(addresses.count) }
        guard (1...256).contains(workers) else { throw .badWorkers(workers) }
        guard (2...1_000_000).contains(legsPerWorker) else { throw .badLegs(legsPerWorker) }
        guard port == 0 || Int(port) + workers - 1 <= 65_535 else {
            throw .portsExceeded(port: port, workers: workers)
        }
        for address in addresses where announce.isEmpty {
            let endpoint = try Self.endpoint(address)
            if endpoint.high == 0, endpoint.low == 0 { throw .wildcard(address) }
        }
        for address in announce { _ = try Self.endpoint(address) }
    }

    /// What candidates say for sockets that are bound to `bound`: each announced address with the port of the first
    /// socket of its family.
    internal func candidates(bound: [Endpoint]) throws(MediaServerError) -> [Endpoint] {
        if announce.isEmpty { return bound }
        var result: [Endpoint] = []
        for text in announce {
            let parsed = try Self.endpoint(text)
            guard let socket = bound.first(where: { $0.isIPv6 == parsed.isIPv6 }) ?? bound.first else {
                continue
            }
            result.append(
                Endpoint(
                    high: parsed.high, low: parsed.low, port: socket.port, isIPv6: parsed.isIPv6,
                    socket: socket.socket))
        }
        return result
    }

    private static func endpoint(_ text: String) throws(MediaServerError) -> Endpoint {
        do throws(SocketError) {
            return try UDPSocket.endpoint(text, port: 0, index: 0)
        } catch {
            throw .socket(error)
        }
    }
}
