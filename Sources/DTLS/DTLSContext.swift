internal import COpenSSL

/// What all associations of one role share: certificate, ciphers, SRTP profiles.
///
/// Sole owner of one `SSL_CTX`.
///
/// DTLS 1.2 and nothing else, because OpenSSL 3.0 has no 1.3; a client that offers both falls back (RFC 8446
/// §4.2.1). No session is ever resumed, and none is renegotiated.
///
/// Source: RFC 6347, RFC 5764, RFC 8827 §6.5.
package struct DTLSContext: ~Copyable {
    package enum Role: Sendable { case server, client }

    /// The profiles in the server's order of preference (PROTOCOL.md section 3), as OpenSSL writes them.
    package static let defaultProfiles =
        "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

    /// Forward secrecy and authenticated encryption; RFC 8827 §6.5 requires the first with P-256.
    package static let defaultCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
    private static let groups = "X25519:P-256:P-384"
    /// Most bytes of a peer's certificate chain.
    ///
    /// Browsers send one certificate of under 1,000 bytes.
    private static let mostCertificateBytes = 16_384

    internal let handle: OpaquePointer
    internal let role: Role
    internal let timing: DTLSTiming

    /// - Parameters:
    ///   - certificate: ours; `nil` only for a client that is to be refused.
    ///   - profiles: SRTP protection profiles, most wanted first, joined with colons.
    ///   - ciphers: as OpenSSL writes them, most wanted first, joined with colons.
    ///   - timing: when unanswered flights are sent again.
    package init(
        role: Role, certificate: DTLSCertificate?, profiles: String = Self.defaultProfiles,
        ciphers: String = Self.defaultCiphers, timing: DTLSTiming = .standard
    ) throws(DTLSError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(role == .server ? DTLS_server_method() : DTLS_client_method()) else {
            throw .library(.drained())
        }
        guard Self.configure(context, certificate, profiles, ciphers) else {
            // A throwing initialiser never reaches `deinit`: give back what was taken so far.
            SSL_CTX_free(context)
            throw .library(.drained())
        }
        if role == .server { SSL_CTX_set_cert_cb(context, Self.requireProfile, nil) }
        handle = context
        self.role = role
        self.timing = timing
    }

    deinit { SSL_CTX_free(handle) }

    private static func configure(
        _ context: OpaquePointer, _ certificate: DTLSCertificate?, _ profiles: String, _ ciphers: String
    ) -> Bool {
        guard copenssl_ctx_dtls12_only(context) == 1,
            SSL_CTX_set_cipher_list(context, ciphers) == 1,
            copenssl_ctx_set_groups(context, groups) == 1,
            SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0  // 0 is success here.
        else { return false }
        if let certificate {
            // Both calls take a reference of their own.
            guard SSL_CTX_use_certificate(context, certificate.certificate) == 1,
                SSL_CTX_use_PrivateKey(context, certificate.key) == 1
            else { return false }
        }
        copenssl_ctx_set_options(context)
        copenssl_ctx_no_session_cache(context)
        copenssl_ctx_release_buffers(context)
        copenssl_ctx_set_max_certificate_list(context, mostCertificateBytes)

        // Any certificate will do at this level, but there must be one, and its key must sign the handshake:
        // OpenSSL checks CertificateVerify by itself. Who it is, the fingerprint in the SDP says (RFC 5763
        // §5).
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(context, { _, _ in 1 }, nil)
        return true
    }

    /// Called once the ClientHello is read: ends the handshake where no SRTP profile is in common.
    private static let requireProfile: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = {
        ssl, _ in
        guard copenssl_srtp_profile(ssl) == 0 else { return 1 }
        if let data = SSL_get_ex_data(ssl, 0) {
            Unmanaged<DatagramPipe>.fromOpaque(data).takeUnretainedValue().foundNoProfile = true
        }
        return 0
    }
}

/// An `SSL_CTX` counts its references atomically, and nothing in it changes after `init`.
extension DTLSContext: @unchecked Sendable {}
