internal import COpenSSL
internal import Glibc

/// A self-signed certificate and its private key: the identity that an SDP's fingerprint promises.
///
/// ECDSA with P-256 and SHA-256 (RFC 8827 §6.5). Nothing in it can be changed, and OpenSSL counts references
/// atomically, so it may be shared between threads.
package final class DTLSCertificate: @unchecked Sendable {
    /// How long a new certificate is valid, in seconds, from ``ageAtBirth`` ago.
    private static let lifetime = 30 * 86_400
    /// A peer whose clock is slow must not see a certificate from the future, in seconds.
    private static let ageAtBirth = 86_400

    internal let certificate: OpaquePointer
    internal let key: OpaquePointer

    /// Takes both over.
    internal init(owning certificate: OpaquePointer, _ key: OpaquePointer) {
        self.certificate = certificate
        self.key = key
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)  // Wipes it.
    }

    /// Makes a new one, in memory only.
    package static func generated() throws(DTLSError) -> DTLSCertificate {
        ERR_clear_error()
        guard let key = copenssl_p256_key() else { throw .library(.drained()) }
        guard let certificate = X509_new() else {
            EVP_PKEY_free(key)
            throw .library(.drained())
        }
        let made = DTLSCertificate(owning: certificate, key)  // Frees both, whatever comes.
        guard fill(certificate, key) else { throw .library(.drained()) }
        return made
    }

    /// The hash of the certificate's DER form, for `a=fingerprint` (RFC 8122 §5).
    package func digest(_ algorithm: DTLSDigest) throws(DTLSError) -> [UInt8] {
        ERR_clear_error()
        guard let digest = algorithm.digest(of: certificate) else { throw .library(.drained()) }
        return digest
    }

    /// SHA-256 of the certificate, 32 bytes.
    package func fingerprint() throws(DTLSError) -> [UInt8] { try digest(.sha256) }

    /// Whether it will still be valid in `seconds` from now.
    package func isValid(inSeconds seconds: Int) -> Bool {
        var then = time(nil) + seconds
        return X509_cmp_time(X509_get0_notAfter(certificate), &then) > 0
            && X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0
    }

    private static func fill(_ certificate: OpaquePointer, _ key: OpaquePointer) -> Bool {
        guard let serial = BN_new() else { return false }
        defer { BN_free(serial) }
        // 64 random bits, never negative (RFC 5280 §4.1.2.2).
        guard BN_rand(serial, 64, -1, 0) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil,
            X509_set_version(certificate, 2) == 1,  // 2 means version 3.
            X509_gmtime_adj(X509_getm_notBefore(certificate), -ageAtBirth) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime - ageAtBirth) != nil,
            let name = X509_get_subject_name(certificate)
        else { return false }
        let commonName = Array("tidegate".utf8)
        return X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8, commonName, Int32(commonName.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
            && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
    }
}
