internal import DTLS
internal import MediaControl
internal import RelayTypes
internal import SRTP
internal import Wire

/// DTLS-SRTP, the server's side.
///
/// Source: RFC 5764, RFC 6347; RFC 5763 §5 for the fingerprint.
extension RelayCore {
    internal mutating func handshake(
        _ datagram: RawSpan, from source: Endpoint, at now: MonotonicInstant
    ) -> RelayOutcome {
        // A path in the table is an address that an authenticated check has come from.
        guard let index = endpoints.leg(at: source) else { return drop(.unknownAddress) }
        guard legs[index].browser != nil, handshakesLeft > 0 else {
            return drop(.dtlsUnexpected, from: index)
        }
        handshakesLeft &-= 1
        if legs[index].association == nil {
            guard legs[index].state == .checked, let association = try? DTLSAssociation(accepting: dtls)
            else {
                return drop(.dtlsUnexpected, from: index)
            }
            legs[index].association = consume association
            legs[index].state = .handshaking
        }
        measureRoundTrip(index, at: now)
        do throws(DTLSError) {
            let progress = try legs[index].association?.receive(datagram)
            transmitHandshake(index, at: now)
            switch progress {
            case .finished:
                if legs[index].state == .handshaking { finishHandshake(index) }
            case .closed:
                sayGoodbye(index)
                end(index, .closedByBrowser)
            default: break
            }
        } catch {
            transmitHandshake(index, at: now)  // The alert.
            fail(index, error)
        }
        armLegTimer(index)
        return .consumed
    }

    /// Sends what DTLS has to say, and takes note of when it wants to repeat it.
    internal mutating func transmitHandshake(_ index: Int, at now: MonotonicInstant) {
        let hasSent = legs[index].sendHandshake(into: &transmits)
        if hasSent, legs[index].state == .handshaking { legs[index].flightSentAt = now }
        legs[index].retransmitAt =
            legs[index].association?.retransmitDeadline()
            .map { now.advanced(byNanoseconds: $0 &* 1_000) } ?? .never
    }

    /// A flight was not answered in time (RFC 6347 §4.2.4).
    internal mutating func repeatFlight(_ index: Int, at now: MonotonicInstant) {
        legs[index].retransmitAt = .never
        do throws(DTLSError) {
            try legs[index].association?.handleTimeout()
            transmitHandshake(index, at: now)
            legs[index].flightSentAt = nil  // An answer could be to either copy (Karn's rule).
        } catch {
            fail(index, error)
        }
    }

    private mutating func measureRoundTrip(_ index: Int, at now: MonotonicInstant) {
        guard legs[index].state == .handshaking, legs[index].roundTrip == nil,
            let sentAt = legs[index].flightSentAt
        else { return }
        legs[index].roundTrip = now.nanoseconds(since: sentAt)
    }

    private mutating func fail(_ index: Int, _ error: DTLSError) {
        if legs[index].state == .handshaking { counters.handshakesFailed &+= 1 }
        switch error {
        case .noCommonProfile: end(index, .noCommonProfile)
        case .closed: end(index, .closedByBrowser)
        case .handshakeFailed, .library: end(index, .handshakeFailed(error.description))
        }
    }

    /// The handshake is done: checks who it was, and only then makes keys.
    private mutating func finishHandshake(_ index: Int) {
        guard let expected = legs[index].browser?.fingerprint,
            let presented = legs[index].association?.peerCertificateDigest(Self.digest(expected.algorithm)),
            presented == expected.digest
        else {
            // RFC 8122 §6.2: the session is torn down where the certificate is not the one that was promised.
            counters.handshakesFailed &+= 1
            sayGoodbye(index)
            return end(index, .fingerprintMismatch)
        }
        guard let number = legs[index].association?.selectedProfile, let suite = SRTPSuite(rawValue: number)
        else {
            counters.handshakesFailed &+= 1
            sayGoodbye(index)
            return end(index, .noCommonProfile)
        }
        guard let cipher = makeCipher(index, suite) else {
            counters.handshakesFailed &+= 1
            sayGoodbye(index)
            return end(index, .handshakeFailed("the SRTP keys could not be set"))
        }
        legs[index].cipher = consume cipher
        legs[index].ledger.allocate()
        legs[index].dtlsVersion = legs[index].association?.version
        legs[index].profile = SRTPProfile(rawValue: suite.rawValue)
        // From here on nothing is asked about the browser's certificate, and no key is exported.
        legs[index].association?.release()
        legs[index].state = .connected
        counters.handshakesCompleted &+= 1
        events.append(.connected(legs[index].slot))
    }

    private mutating func makeCipher(_ index: Int, _ suite: SRTPSuite) -> LegCipher? {
        // 88 bytes are the longest: two keys of 32 and two salts of 12 (RFC 7714 §12).
        var keys = InlineArray<88, UInt8>(repeating: 0)
        var all = keys.mutableSpan
        var bytes = unsafe all.mutableBytes  // Bytes: any value is one.
        defer { for offset in 0..<88 { bytes.store(uint8: 0, at: offset) } }
        var material = bytes._mutatingExtracting(0..<suite.exportedLength)
        do {
            guard legs[index].association != nil else { return nil }
            try legs[index].association?.exportKeys(into: &material)
            return try LegCipher(srtp, suite: suite, exported: material.bytes)
        } catch {
            return nil
        }
    }

    /// Says close_notify to a browser that a handshake was begun with.
    internal mutating func sayGoodbye(_ index: Int) {
        guard legs[index].state != .ended, legs[index].association != nil else { return }
        legs[index].association?.close()
        _ = legs[index].sendHandshake(into: &transmits)
    }

    private static func digest(_ algorithm: CertificateFingerprint.Algorithm) -> DTLSDigest {
        switch algorithm {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}
