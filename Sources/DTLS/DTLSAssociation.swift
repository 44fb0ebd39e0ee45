internal import COpenSSL
internal import Glibc

/// One DTLS association with one browser: the sole owner of an OpenSSL `SSL *`.
///
/// Datagrams in, datagrams out.
///
///     feed    receive(datagram), handleTimeout(), close()
///     drain   nextDatagram(into:) until it gives 0
///     sleep   retransmitDeadline()
///
/// Whatever a call throws, drain afterwards: an alert may be waiting to be sent.
///
/// Once `receive` has returned ``Progress/finished``, compare ``peerCertificateDigest(_:)`` with the
/// fingerprint of the SDP before any key is used (RFC 5763 §5). Then ``release()`` gives most of the memory back.
///
/// Source: RFC 6347 (DTLS 1.2), RFC 5764 (DTLS-SRTP).
package struct DTLSAssociation: ~Copyable {
    /// How far the association has come.
    package enum Progress: Sendable, Equatable {
        /// The handshake goes on.
        case needsDatagram
        /// The handshake is done, now or since earlier.
        case finished
        /// The peer has said close_notify.
        ///
        /// Final.
        case closed
    }

    private enum State { case handshaking, open, closed }

    /// Bytes that the buffer for ``nextDatagram(into:)`` must have.
    package static let mostDatagramBytes = DatagramPipe.maximumTransmissionUnit

    /// `nil` once ``epilogue`` has taken over.
    private var ssl: OpaquePointer?
    private let pipe: DatagramPipe
    private var state = State.handshaking
    private var epilogue: DTLSEpilogue?
    /// The server's, from the end of the handshake until ``release()``.
    private var lastFlight: [UInt8] = []
    /// How often ``handleTimeout()`` has sent since the peer was last heard.
    private var retransmissions = 0

    /// Makes an association that waits for the browser's ClientHello.
    ///
    /// - Throws: ``DTLSError/library(_:)`` when OpenSSL is out of memory.
    package init(accepting context: borrowing DTLSContext) throws(DTLSError) {
        precondition(context.role == .server, "a client context cannot accept")
        let (ssl, pipe) = try Self.make(context)
        SSL_set_accept_state(ssl)
        self.ssl = ssl
        self.pipe = pipe
    }

    /// Makes an association whose ClientHello waits in ``nextDatagram(into:)``.
    package init(connecting context: borrowing DTLSContext) throws(DTLSError) {
        precondition(context.role == .client, "a server context cannot connect")
        let (ssl, pipe) = try Self.make(context)
        SSL_set_connect_state(ssl)
        let result = SSL_do_handshake(ssl)
        guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else {
            // A throwing initialiser never reaches `deinit`: give back what was taken so far.
            SSL_free(ssl)
            throw .library(.drained())
        }
        self.ssl = ssl
        self.pipe = pipe
    }

    private static func make(
        _ context: borrowing DTLSContext
    ) throws(DTLSError) -> (ssl: OpaquePointer, pipe: DatagramPipe) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.handle) else { throw .library(.drained()) }
        let pipe = DatagramPipe(timing: context.timing)
        guard SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(pipe).toOpaque()) == 1,
            let bio = DatagramBIO.make(over: pipe)
        else {
            SSL_free(ssl)
            throw .library(.drained())
        }
        SSL_set_bio(ssl, bio, bio)  // From here on `ssl` owns the BIO, and the BIO retains the pipe.
        copenssl_set_mtu(ssl, DatagramPipe.maximumTransmissionUnit)
        DTLS_set_timer_cb(ssl, nextTimeout)
        return (ssl, pipe)
    }

    deinit { if let ssl { SSL_free(ssl) } }

    /// Feeds one datagram from the network and lets the handshake take its next step.
    ///
    /// Application data is read and thrown away: this association only makes keys.
    ///
    /// - Throws: ``DTLSError/noCommonProfile``, ``DTLSError/handshakeFailed(_:)``; ``DTLSError/closed`` at
    ///   every
    ///   datagram after that.
    package mutating func receive(_ datagram: RawSpan) throws(DTLSError) -> Progress {
        switch state {
        case .handshaking, .open: break
        case .closed: throw .closed
        }
        if let epilogue { return try receive(datagram, epilogue) }
        pipe.push(datagram)
        pipe.isMutedUntilRead = pipe.timing == .simulated && state == .handshaking
        defer { pipe.isMutedUntilRead = false }
        return try step()
    }

    /// Moves the next datagram to send into `buffer`.
    ///
    /// - Parameter buffer: at least ``mostDatagramBytes`` long.
    /// - Returns: its length in bytes, or 0 when nothing is pending.
    package mutating func nextDatagram(into buffer: inout MutableRawSpan) -> Int {
        guard pipe.hasOutbound else { return 0 }
        precondition(buffer.byteCount >= Self.mostDatagramBytes, "a buffer for DTLS datagrams is too short")
        return buffer.withUnsafeMutableBytes { pipe.pop(into: $0) }
    }

    /// Microseconds from now until ``handleTimeout()`` is due, or `nil` when no flight waits for an answer.
    ///
    /// Ask after every call that feeds, and keep the instant. The timer is OpenSSL's and runs on the system's
    /// clock, so asking later gives less; with ``DTLSTiming/simulated`` it gives the same.
    package func retransmitDeadline() -> UInt64? {
        guard state == .handshaking else { return nil }
        let left = copenssl_timeout(ssl)
        guard left >= 0 else { return nil }
        return pipe.timing == .simulated ? UInt64(DTLSTiming.pause(after: retransmissions)) : UInt64(left)
    }

    /// Sends our last flight again, if its answer did not come in time; nothing when it is too early.
    ///
    /// - Throws: ``DTLSError/handshakeFailed(_:)`` when a flight was sent a dozen times, some 14 s after the
    ///   first.
    package mutating func handleTimeout() throws(DTLSError) {
        guard state == .handshaking else { return }
        if pipe.timing == .simulated {
            // In tests only, and for a millisecond at most.
            while copenssl_timeout(ssl) > 0 { usleep(100) }
        }
        ERR_clear_error()
        let result = copenssl_handle_timeout(ssl)
        guard result >= 0 else { throw fail() }
        if result > 0 { retransmissions += 1 }
    }

    /// Says close_notify, where there is something to close, and ends the association.
    package mutating func close() {
        guard state != .closed else { return }
        if let epilogue {
            pipe.write(epilogue.farewell)
            state = .closed
            return
        }
        ERR_clear_error()
        if state == .open { _ = SSL_shutdown(ssl) }
        // An unfinished handshake cannot be shut down: the peer gives up by itself.
        ERR_clear_error()
        state = .closed
    }
}

extension DTLSAssociation {
    /// Whether the handshake is done and the association not yet closed.
    package var isFinished: Bool { state == .open }

    /// The certificate that the peer has proved to own, hashed; `nil` before the handshake is done.
    package func peerCertificateDigest(_ algorithm: DTLSDigest) -> [UInt8]? {
        guard state == .open, let ssl, let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        return algorithm.digest(of: certificate)
    }

    /// Number of the SRTP protection profile (RFC 5764 §4.1.2), never `nil` once the handshake is done.
    package var selectedProfile: UInt16? {
        guard state == .open, let ssl else { return nil }
        let profile = copenssl_srtp_profile(ssl)
        return profile == 0 ? nil : UInt16(truncatingIfNeeded: profile)
    }

    /// For example `DTLSv1.2`.
    package var version: String { ssl.flatMap { SSL_get_version($0) }.map { String(cString: $0) } ?? "" }

    /// For example `ECDHE-ECDSA-AES128-GCM-SHA256`; empty before the handshake is done.
    package var cipher: String {
        guard state == .open, let ssl, let cipher = SSL_get_current_cipher(ssl),
            let name = SSL_CIPHER_get_name(cipher)
        else { return "" }
        return String(cString: name)
    }

    /// Fills `keys` with client key, server key, client salt, server salt.
    ///
    /// Source: RFC 5764 §4.2, exporter label `EXTRACTOR-dtls_srtp` without context (RFC 5705).
    package func exportKeys(into keys: inout MutableRawSpan) throws(DTLSError) {
        guard state == .open, let ssl else { throw .closed }
        ERR_clear_error()
        let label = "EXTRACTOR-dtls_srtp"
        let result = keys.withUnsafeMutableBytes { bytes in
            SSL_export_keying_material(
                ssl, bytes.baseAddress, bytes.count, label, label.utf8.count, nil, 0, 0)
        }
        guard result == 1 else { throw .library(.drained()) }
    }
}

extension DTLSAssociation {
    /// Gives back what only the handshake needed: afterwards nothing is told about the peer, and no keys are exported.
    ///
    /// What stays answers a client that repeats its last flight, hears its close_notify, and can say ours. A client's
    /// association keeps what it has.
    package mutating func release() {
        guard state == .open, epilogue == nil, let ssl, SSL_is_server(ssl) == 1 else { return }
        // Made now: without OpenSSL there is nobody to make it.
        let waiting = pipe.takeOutbound()
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
        let farewell = pipe.takeOutbound().last ?? []
        for datagram in waiting { pipe.write(datagram) }
        guard let epilogue = DTLSEpilogue(of: ssl, flight: lastFlight, farewell: farewell) else { return }
        self.epilogue = epilogue
        lastFlight = []
        SSL_free(ssl)
        self.ssl = nil
    }

    private mutating func receive(
        _ datagram: RawSpan, _ epilogue: DTLSEpilogue
    ) throws(DTLSError) -> Progress {
        switch epilogue.read(datagram) {
        case .nothing: return .finished
        case .repeatedFinished:
            pipe.write(epilogue.takeFlight())
            return .finished
        case .closeNotify:
            // Answer with a close_notify of our own (RFC 5246 §7.2.1).
            pipe.write(epilogue.farewell)
            state = .closed
            return .closed
        case .fatalAlert:
            state = .closed
            throw .closed
        }
    }

    /// Lets OpenSSL work off what has come in.
    private mutating func step() throws(DTLSError) -> Progress {
        ERR_clear_error()  // SSL_get_error reads a per-thread queue; start it empty.
        if state == .handshaking {
            let result = SSL_do_handshake(ssl)
            guard result == 1 else {
                switch SSL_get_error(ssl, result) {
                case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
                    if pipe.hasOutbound { retransmissions = 0 }  // The answer is a new flight.
                    return .needsDatagram
                default: throw fail()
                }
            }
            // A client learns only here that the server has agreed to no profile.
            guard copenssl_srtp_profile(ssl) != 0 else {
                _ = SSL_shutdown(ssl)
                ERR_clear_error()
                state = .closed
                throw .noCommonProfile
            }
            state = .open
            if let ssl, SSL_is_server(ssl) == 1 { lastFlight = pipe.newestOutbound }
        }
        return try drain()
    }

    /// Reads what comes after the handshake: the peer's last flight again, which makes OpenSSL repeat ours
    /// (RFC 6347 §4.2.4), alerts, and data, which nobody wants.
    private mutating func drain() throws(DTLSError) -> Progress {
        // A datagram has at most this many records, so the loop ends even if OpenSSL should not.
        for _ in 0..<DatagramPipe.mostBytes {
            ERR_clear_error()
            let result = withUnsafeTemporaryAllocation(byteCount: 2_048, alignment: 1) { buffer in
                SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
            }
            if result > 0 { continue }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .finished
            case SSL_ERROR_ZERO_RETURN:
                // Answer with a close_notify of our own (RFC 5246 §7.2.1).
                _ = SSL_shutdown(ssl)
                ERR_clear_error()
                state = .closed
                return .closed
            default:
                // A fatal alert, authenticated: the peer's way of leaving in anger.
                ERR_clear_error()
                state = .closed
                throw .closed
            }
        }
        return .finished
    }

    /// Ends the association after an error that OpenSSL calls fatal: nothing may be asked of `ssl` any more.
    private mutating func fail() -> DTLSError {
        state = .closed
        let stack = OpenSSLErrorStack.drained()
        return pipe.foundNoProfile ? .noCommonProfile : .handshakeFailed(stack)
    }

    /// OpenSSL asks how long the next timer is to run; it passes the last one, or 0 for a new flight.
    private static let nextTimeout: @convention(c) (OpaquePointer?, UInt32) -> UInt32 = { ssl, last in
        guard let data = SSL_get_ex_data(ssl, 0) else { return DTLSTiming.longest }
        return Unmanaged<DatagramPipe>.fromOpaque(data).takeUnretainedValue().timing.timer(after: last)
    }
}
