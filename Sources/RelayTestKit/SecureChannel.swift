internal import DTLS
internal import RelayTypes
internal import SRTP

/// One end of DTLS-SRTP: the handshake, then SRTP with its keys.
final class SecureChannel {
    /// How far it has come.
    enum State: Equatable {
        case handshaking
        case open
        case closedByServer
        case failed(String)
    }

    private(set) var state = State.handshaking
    private(set) var profile: SRTPProfile?
    private(set) var version: String?
    private let isServer: Bool
    private let expected: CertificateFingerprint?
    private var association: DTLSAssociation
    private var srtp: LibSRTPSession?

    /// - Parameter expected: the fingerprint in the server's offer.
    init(context: borrowing DTLSContext, expecting expected: CertificateFingerprint) throws(TestKitError) {
        isServer = false
        self.expected = expected
        association = try TestKitError.securely { try DTLSAssociation(connecting: context) }
    }

    /// The other end, which takes any certificate.
    init(accepting context: borrowing DTLSContext) throws(TestKitError) {
        isServer = true
        expected = nil
        association = try TestKitError.securely { try DTLSAssociation(accepting: context) }
    }

    /// Feeds a DTLS datagram.
    func receive(_ datagram: [UInt8]) {
        do {
            switch try association.receive(datagram.span.bytes) {
            case .needsDatagram: break
            case .finished: if state == .handshaking { try open() }
            case .closed: state = .closedByServer
            }
        } catch {
            if state == .handshaking || state == .open { state = .failed("\(error)") }
        }
    }

    /// DTLS datagrams to send.
    func pending() -> [[UInt8]] {
        var found: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while true {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let length = association.nextDatagram(into: &bytes)
            guard length > 0 else { return found }
            found.append([UInt8](buffer.prefix(length)))
        }
    }

    /// When ``handleTimeout()`` is due.
    func deadline(after now: MonotonicInstant) -> MonotonicInstant {
        guard state == .handshaking, let microseconds = association.retransmitDeadline() else {
            return .never
        }
        return now.advanced(byNanoseconds: microseconds &* 1_000)
    }

    func handleTimeout() {
        do {
            try association.handleTimeout()
        } catch {
            state = .failed("\(error)")
        }
    }

    func close() { association.close() }

    func protectRTP(_ packet: [UInt8]) -> [UInt8]? {
        transform(packet, room: 16) { (session, bytes, length) throws(SRTPError) in
            try session.protectRTP(&bytes, length: length)
        }
    }

    func protectRTCP(_ packet: [UInt8]) -> [UInt8]? {
        transform(packet, room: 20) { (session, bytes, length) throws(SRTPError) in
            try session.protectRTCP(&bytes, length: length)
        }
    }

    func unprotectRTP(_ packet: [UInt8]) -> [UInt8]? {
        transform(packet, room: 0) { (session, bytes, length) throws(SRTPError) in
            try session.unprotectRTP(&bytes, length: length)
        }
    }

    func unprotectRTCP(_ packet: [UInt8]) -> [UInt8]? {
        transform(packet, room: 0) { (session, bytes, length) throws(SRTPError) in
            try session.unprotectRTCP(&bytes, length: length)
        }
    }

    private func transform(
        _ packet: [UInt8], room: Int,
        _ body: (inout LibSRTPSession, inout MutableRawSpan, Int) throws(SRTPError) -> Int
    ) -> [UInt8]? {
        guard var session = srtp.take() else { return nil }
        var buffer = packet + [UInt8](repeating: 0, count: room)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        let length = try? body(&session, &bytes, packet.count)
        srtp = consume session
        guard let length else { return nil }
        buffer.removeSubrange(length...)
        return buffer
    }

    /// Checks who the server is (RFC 8122 §5), then takes the keys (RFC 5764 §4.2).
    private func open() throws {
        guard isExpected() else {
            state = .failed("the server's certificate is not the one in its offer")
            return
        }
        guard let suite = association.selectedProfile.flatMap(SRTPSuite.init(rawValue:)) else {
            state = .failed("no SRTP profile was chosen")
            return
        }
        var keys = [UInt8](repeating: 0, count: suite.exportedLength)
        var span = keys.mutableSpan
        var bytes = span.mutableBytes
        try association.exportKeys(into: &bytes)
        srtp = try LibSRTPSession(suite: suite, exported: keys.span.bytes, isServer: isServer)
        profile = SRTPProfile(rawValue: suite.rawValue)
        version = association.version
        state = .open
    }

    private func isExpected() -> Bool {
        guard let expected else { return true }
        let algorithm: DTLSDigest =
            switch expected.algorithm {
            case .sha256: .sha256
            case .sha384: .sha384
            case .sha512: .sha512
            }
        return association.peerCertificateDigest(algorithm) == expected.digest
    }
}
