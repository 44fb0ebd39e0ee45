internal import COpenSSL

/// How a certificate is hashed for a fingerprint (RFC 8122 §5).
package enum DTLSDigest: Sendable, CaseIterable {
    case sha256, sha384, sha512

    /// Hashes the DER form of a certificate; `nil` when OpenSSL is out of memory.
    internal func digest(of certificate: OpaquePointer) -> [UInt8]? {
        let algorithm =
            switch self {
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            }
        var length: UInt32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            count = 0
            guard X509_digest(certificate, algorithm, buffer.baseAddress, &length) == 1 else { return }
            count = Int(length)
        }
        return bytes.isEmpty ? nil : bytes
    }
}
