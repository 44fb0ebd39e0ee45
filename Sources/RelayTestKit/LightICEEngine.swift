internal import RelayTypes
internal import STUNCodec

/// A small controlling ICE agent for one candidate of an ICE-lite server, over a plain UDP socket.
///
/// It exists for what a well-behaved agent cannot be told to do: sign with a wrong password, change its
/// address, stop renewing consent, lose datagrams.
final class LightICEEngine: ICEEngine {
    /// Between checks until the first success: RFC 8445 §14.2 asks for at least 5 ms (Ta); Chromium uses 48 ms.
    private static let checkInterval: UInt64 = 50

    let credentials: ICECredentials
    private(set) var isWritable = false
    private(set) var tally = ICETally()
    private(set) var deadline = MonotonicInstant.never
    let hasFailed = false

    private let server: Endpoint
    private let consentInterval: UInt64
    private let tieBreaker: UInt64
    private var socket: UDPClientSocket
    private var client: STUNClient
    private var loss: LossyPath?
    private var renewsConsent = true

    /// - Parameters:
    ///   - remotePassword: the server's; a test may give a wrong one.
    ///   - consentInterval: between checks once there is consent, in milliseconds (RFC 7675 §5.1: 4 to 6 s).
    init(
        server: Endpoint, credentials: ICECredentials, remote: ICECredentials, remotePassword: String,
        consentInterval: UInt64, tieBreaker: UInt64, loss: LossyPath?
    ) throws(TestKitError) {
        self.credentials = credentials
        self.server = server
        self.consentInterval = consentInterval
        self.tieBreaker = tieBreaker
        self.loss = loss
        socket = try UDPClientSocket(to: server)
        client = STUNClient(
            username: remote.usernameFragment + ":" + credentials.usernameFragment, password: remotePassword)
        tally.local = socket.local
    }

    var descriptor: Int32 { socket.descriptor }

    func start(at now: MonotonicInstant) { check(at: now) }

    func clockAdvanced(to now: MonotonicInstant) {
        if now >= deadline { check(at: now) }
    }

    func receive(at now: MonotonicInstant) -> [UInt8]? {
        while let datagram = socket.receive() {
            if loss?.losesInbound() == true { continue }
            guard let first = datagram.first, first < 4 else { return datagram }  // RFC 7983 §7.
            switch client.receive(datagram.span.bytes) {
            case .mapped(let endpoint):
                tally.successes += 1
                tally.mapped = endpoint
                if !isWritable {
                    isWritable = true
                    check(at: now)  // Regular nomination: once more, with USE-CANDIDATE (RFC 8445 §8.1.1).
                }
            case .error(let code): tally.errors[code, default: 0] += 1
            case .ignored: tally.ignored += 1
            }
        }
        return nil
    }

    func send(_ datagram: [UInt8]) {
        if loss?.losesOutbound() == true { return }
        socket.send(datagram)
    }

    func changeAddress(at now: MonotonicInstant) {
        // The server learns of it from the next check, as from a browser that has lost its network.
        guard let fresh = try? UDPClientSocket(to: server) else { return }
        socket = fresh
        tally.local = socket.local
        if renewsConsent { check(at: now) }
    }

    func setRenewsConsent(_ renews: Bool, at now: MonotonicInstant) {
        renewsConsent = renews
        if renews { check(at: now) } else { deadline = .never }
    }

    func stop() { deadline = .never }

    private func check(at now: MonotonicInstant) {
        var request = [UInt8](repeating: 0, count: 512)
        let check = STUNClient.Check(tieBreaker: tieBreaker, useCandidate: isWritable)
        var span = request.mutableSpan
        var bytes = span.mutableBytes
        let length = client.request(check, into: &bytes)
        if length > 0 {
            tally.requests += 1
            send([UInt8](request.prefix(length)))
        }
        deadline = now.advanced(byMilliseconds: isWritable ? consentInterval : Self.checkInterval)
    }
}
