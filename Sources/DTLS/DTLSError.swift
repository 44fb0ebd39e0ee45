/// Everything that can go wrong between a datagram and a set of SRTP keys.
///
/// That the certificate is not the promised one is not among them: the caller compares fingerprints, before
/// it uses any key (RFC 8122 §5).
package enum DTLSError: Error, Sendable, Equatable {
    /// The peer offered no SRTP protection profile that we accept (RFC 5764 §4.1.2).
    case noCommonProfile
    /// The handshake failed.
    ///
    /// The peer's fault or the network's: close the leg, keep the server.
    case handshakeFailed(OpenSSLErrorStack)
    /// OpenSSL itself failed.
    ///
    /// Ours: log it loudly.
    case library(OpenSSLErrorStack)
    /// The association has ended, or its handshake has not; the operation needs it open.
    case closed
}

extension DTLSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noCommonProfile: "no SRTP protection profile in common"
        case .handshakeFailed(let stack): "DTLS handshake failed: \(stack)"
        case .library(let stack): "OpenSSL failed: \(stack)"
        case .closed: "DTLS association is not open"
        }
    }
}
