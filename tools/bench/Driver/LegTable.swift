import DTLS
import RelayTestKit
import RelayTypes
import Synchronization

/// Every leg of this process, and the thread that carries their checks and handshakes.
final class LegTable: @unchecked Sendable {
    // Unchecked: legs are touched under the lock only.

    private static let checkInterval: UInt64 = 50_000_000
    /// RFC 7675 §5.1 says 4 to 6 s; the server gives up after 30.
    private static let consentInterval: UInt64 = 8_000_000_000
    private static let consentPause: UInt64 = 25_000_000_000

    let format = MediaFormat()
    private let socket: DatagramSocket
    private let base: UInt32
    private let context: DTLSContext
    private let fingerprint: CertificateFingerprint
    private let lock = Mutex(())
    private var legs: [BenchLeg] = []
    /// When connected legs may next renew their consent.
    private var consentDue: UInt64 = 0
    private let isQuiet = Atomic(false)
    private let isIdle = Atomic(false)

    /// - Parameters:
    ///   - base: address of the first leg in host byte order; the others follow.
    ///   - profile: the SRTP profile that is offered, as OpenSSL writes it.
    init(socket: DatagramSocket, base: UInt32, profile: String) throws {
        self.socket = socket
        self.base = base
        let certificate = try DTLSCertificate.generated()
        guard
            let fingerprint = CertificateFingerprint(
                algorithm: .sha256, digest: try certificate.fingerprint())
        else { throw DriverError("no fingerprint") }
        self.fingerprint = fingerprint
        context = try DTLSContext(role: .client, certificate: certificate, profiles: profile)
    }

    /// Starts the thread, which lives as long as the process.
    func start() { _ = PlainThread { [self] in while true { turn() } } }

    /// While quiet, what comes in is left to the player; consent goes on.
    func setQuiet(_ quiet: Bool) {
        isQuiet.store(quiet, ordering: .sequentiallyConsistent)
        isIdle.store(false, ordering: .sequentiallyConsistent)
        // One whole turn, so that the thread is certainly not about to read.
        while quiet, !isIdle.load(ordering: .sequentiallyConsistent) { pause(milliseconds: 1) }
    }

    /// Renews everybody's consent now, and then not for ``consentPause``.
    func renewConsent() {
        lock.withLock { _ in
            consentDue = now() &+ Self.consentPause
            for leg in legs where leg.phase == .open {
                if let check = leg.check(at: now()) { send(check, for: leg) }
            }
        }
    }

    /// Calls `body` with every leg, and with what sends for them.
    func withLegs<Result>(_ body: ([BenchLeg], (BenchLeg, [UInt8]) -> Void) throws -> Result) rethrows
        -> Result
    {
        try lock.withLock { _ in
            try body(legs) { leg, bytes in send(bytes, for: leg) }
        }
    }

    /// Makes a leg and answers the server's offer.
    func answer(_ text: String, stopsHalfWay: Bool = false) throws -> (flow: Int, answer: String) {
        let offer = try ServerOffer(text)
        return try lock.withLock { _ in
            let flow = legs.count
            let leg = BenchLeg(
                flow: flow, local: base &+ UInt32(truncatingIfNeeded: flow), stopsHalfWay: stopsHalfWay)
            legs.append(leg)
            try leg.begin(offer)
            if let check = leg.check(at: now()) { send(check, for: leg) }
            return (flow, Answer(leg: leg, fingerprint: fingerprint, format: format).text)
        }
    }

    private func turn() {
        let quiet = isQuiet.load(ordering: .sequentiallyConsistent)
        if quiet {
            isIdle.store(true, ordering: .sequentiallyConsistent)
            pause(milliseconds: 20)
        } else if socket.isReadable(within: 10) {
            lock.withLock { _ in
                for _ in 0..<256 {
                    guard let (bytes, local) = socket.receive() else { break }
                    deliver(bytes, to: Int(local &- base))
                }
            }
        }
        lock.withLock { _ in
            let now = now()
            for leg in legs {
                let interval = leg.phase == .checking ? Self.checkInterval : Self.consentInterval
                if leg.phase == .open, now < consentDue { continue }
                if leg.phase != .new, now &- leg.lastCheck > interval, let check = leg.check(at: now) {
                    send(check, for: leg)
                }
                for datagram in leg.fireTimer() { send(datagram, for: leg) }
            }
        }
    }

    private func deliver(_ bytes: [UInt8], to flow: Int) {
        guard legs.indices.contains(flow), let first = bytes.first else { return }
        guard (128...191).contains(first) else {
            for answer in legs[flow].receive(bytes, context: context, at: now()) {
                send(answer, for: legs[flow])
            }
            return
        }
        learn(bytes, at: legs[flow])
    }

    /// How the server renumbers the partner's stream.
    private func learn(_ bytes: [UInt8], at receiver: BenchLeg) {
        guard bytes.count > 12, !(64..<96).contains(bytes[1] & 0x7f) else { return }
        var packet = bytes
        let number = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        guard let length = receiver.unprotect(&packet) else { return }
        packet.removeSubrange(length...)
        let stream: MediaStream = bytes[1] & 0x7f == format.opusPayloadType ? .audio : .video
        guard let mark = stream.mark(packet), receiver.partner == Int(mark.flow),
            legs.indices.contains(Int(mark.flow)), let numbers = legs[Int(mark.flow)].numbers[stream]
        else { return }
        let sent = numbers.next &- UInt16(truncatingIfNeeded: numbers.count &- mark.number)
        legs[Int(mark.flow)].numbers[stream]?.offset = number &- sent
    }

    private func send(_ bytes: [UInt8], for leg: BenchLeg) {
        socket.send(bytes, from: leg.local, to: leg.host, port: leg.port)
    }
}
