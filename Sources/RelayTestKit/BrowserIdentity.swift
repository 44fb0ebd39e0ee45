internal import DTLS
internal import RelayTypes

/// A synthetic browser's certificate, and the SRTP profiles that it offers.
struct BrowserIdentity: ~Copyable {
    /// For the answer.
    let fingerprint: CertificateFingerprint
    private let context: DTLSContext

    /// - Parameter presentsCertificate: `false` for a client that hides who it is.
    init(profiles: [SRTPProfile], presentsCertificate: Bool) throws(TestKitError) {
        let certificate = try TestKitError.securely { try DTLSCertificate.generated() }
        let digest = try TestKitError.securely { try certificate.fingerprint() }
        guard let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: digest) else {
            throw .security("no fingerprint")
        }
        // Assigned last: an initialiser of an owner must not fail half-way.
        let context = try TestKitError.securely {
            try DTLSContext(
                role: .client, certificate: presentsCertificate ? certificate : nil,
                profiles: profiles.map(\.name).joined(separator: ":"))
        }
        self.fingerprint = fingerprint
        self.context = context
    }

    /// That of a certificate which this browser does not have.
    var falseFingerprint: CertificateFingerprint {
        var digest = fingerprint.digest
        digest[0] ^= 1
        return CertificateFingerprint(algorithm: .sha256, digest: digest) ?? fingerprint
    }

    /// - Parameter server: the fingerprint in the server's offer.
    borrowing func connect(expecting server: CertificateFingerprint) throws(TestKitError) -> SecureChannel {
        try SecureChannel(context: context, expecting: server)
    }
}
