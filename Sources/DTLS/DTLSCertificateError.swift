/// Why a certificate could not be kept in, or taken from, a directory.
///
/// Ours: tell the operator, and stop.
package enum DTLSCertificateError: Error, Sendable, Equatable {
    /// A system call failed; the text is the system's.
    case file(path: String, reason: String)
    /// The file is there and is not what it should be.
    case content(path: String, reason: String)
    /// OpenSSL itself failed.
    case library(OpenSSLErrorStack)
}

extension DTLSCertificateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, let reason):
            "the DTLS certificate '\(path)' cannot be read or written: \(reason)"
        case .content(let path, let reason):
            "the DTLS certificate '\(path)' cannot be used: \(reason); remove it, and a new one is made"
        case .library(let stack): "OpenSSL failed: \(stack)"
        }
    }
}
