import DTLS
import RelayTestKit
import RelayTypes
import SRTP
import STUNCodec

/// One browser's transport, as small as it can be: checks, a handshake, keys.
///
/// Used under ``LegTable``'s lock alone.
final class BenchLeg {
    enum Phase: Equatable {
        case new
        case checking
        case handshaking
        case open
        case failed(String)
    }

    /// One stream's numbers.
    struct Numbers {
        var next: UInt16
        var count: UInt32 = 0
        /// What the server adds to the sequence number; known once a packet has come through.
        var offset: UInt16?
    }

    let flow: Int
    /// Its own address, in host byte order.
    let local: UInt32
    let credentials: ICECredentials
    private(set) var phase = Phase.new
    /// The leg that hears this one.
    var partner: Int?
    var numbers: [MediaStream: Numbers] = [
        .audio: Numbers(next: 1_000), .video: Numbers(next: 2_000),
    ]
    var transport: UInt16 = 0
    /// The server's, in host byte order.
    private(set) var host: UInt32 = 0
    private(set) var port: UInt16 = 0
    private(set) var lastCheck: UInt64 = 0
    /// Stops after the first flight, so that the server is left with a handshake half done.
    private let stopsHalfWay: Bool
    private var stun: Checks?
    private var association: Association?
    private var keys: Keys?

    init(flow: Int, local: UInt32, stopsHalfWay: Bool) {
        self.flow = flow
        self.local = local
        self.stopsHalfWay = stopsHalfWay
        let text = String(flow, radix: 36)
        credentials = ICECredentials(
            usernameFragment: "bench" + String(repeating: "0", count: max(0, 5 - text.count)) + text,
            password: "benchbenchbenchbenchbench" + text)
    }

    /// Begins connectivity checks.
    func begin(_ offer: ServerOffer) throws {
        guard let candidate = offer.candidates.first(where: { $0.address.hasPrefix("127.") }) else {
            throw DriverError("the offer has no loopback candidate")
        }
        host = UInt32(truncatingIfNeeded: candidate.high >> 32)
        port = candidate.port
        stun = Checks(
            STUNClient(
                username: offer.credentials.usernameFragment + ":" + credentials.usernameFragment,
                password: offer.credentials.password))
        phase = .checking
    }

    /// A binding request: a check before the path is known, consent afterwards (RFC 7675).
    func check(at now: UInt64) -> [UInt8]? {
        lastCheck = now
        return stun?.request(nominates: phase != .checking)
    }

    /// - Returns: what to send.
    func receive(_ datagram: [UInt8], context: borrowing DTLSContext, at now: UInt64) -> [[UInt8]] {
        guard let first = datagram.first else { return [] }
        if first < 4 {
            guard stun?.isSuccess(datagram) == true, phase == .checking else { return [] }
            phase = .handshaking
            var answer = [check(at: now)].compactMap(\.self)
            do {
                let association = Association(try DTLSAssociation(connecting: context))
                answer += association.pending()
                self.association = association
            } catch { phase = .failed("\(error)") }
            return answer
        }
        guard (20...63).contains(first), phase == .handshaking, !stopsHalfWay, let association else {
            return []
        }
        do {
            if try association.receive(datagram) == .finished {
                keys = try association.keys()
                phase = .open
            }
        } catch { phase = .failed("\(error)") }
        defer { if phase == .open { self.association = nil } }
        return association.pending()
    }

    /// Sends a lost flight again.
    func fireTimer() -> [[UInt8]] {
        guard phase == .handshaking, !stopsHalfWay, let association, association.isOverdue else { return [] }
        return association.pending()
    }

    /// Length of what protection adds.
    var trailer: Int { keys?.suite.rtpTrailerLength ?? 0 }

    func protect(_ packet: inout [UInt8], length: Int) throws -> Int {
        guard let keys else { throw DriverError("no keys") }
        return try keys.protect(&packet, length: length)
    }

    func unprotect(_ packet: inout [UInt8]) -> Int? { try? keys?.unprotect(&packet) }
}

/// Owners that cannot be copied, each in a box of its own.
private final class Checks {
    private var client: STUNClient

    init(_ client: consuming STUNClient) { self.client = client }

    func request(nominates: Bool) -> [UInt8] {
        var request = [UInt8](repeating: 0, count: 512)
        var span = request.mutableSpan
        var bytes = span.mutableBytes
        let length = client.request(.init(useCandidate: nominates), into: &bytes)
        return Array(request.prefix(length))
    }

    func isSuccess(_ response: [UInt8]) -> Bool {
        if case .mapped = client.receive(response.span.bytes) { true } else { false }
    }
}

private final class Association {
    private var association: DTLSAssociation

    init(_ association: consuming DTLSAssociation) { self.association = association }

    func receive(_ datagram: [UInt8]) throws -> DTLSAssociation.Progress {
        try association.receive(datagram.span.bytes)
    }

    var isOverdue: Bool {
        guard association.retransmitDeadline() == 0 else { return false }
        try? association.handleTimeout()
        return true
    }

    func pending() -> [[UInt8]] {
        var found: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while true {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let length = association.nextDatagram(into: &bytes)
            guard length > 0 else { return found }
            found.append(Array(buffer.prefix(length)))
        }
    }

    func keys() throws -> Keys {
        guard let suite = association.selectedProfile.flatMap(SRTPSuite.init(rawValue:)) else {
            throw DriverError("no SRTP profile was chosen")
        }
        var exported = [UInt8](repeating: 0, count: suite.exportedLength)
        var span = exported.mutableSpan
        var bytes = span.mutableBytes
        try association.exportKeys(into: &bytes)
        let session = try EVPSRTPSession(suite: suite, exported: exported.span.bytes, isServer: false)
        return Keys(session, suite)
    }
}

private final class Keys {
    let suite: SRTPSuite
    private var session: EVPSRTPSession

    init(_ session: consuming EVPSRTPSession, _ suite: SRTPSuite) {
        self.suite = suite
        self.session = session
    }

    func protect(_ packet: inout [UInt8], length: Int) throws -> Int {
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        return try session.protectRTP(&bytes, length: length)
    }

    func unprotect(_ packet: inout [UInt8]) throws -> Int {
        let length = packet.count
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        return try session.unprotectRTP(&bytes, length: length)
    }
}
