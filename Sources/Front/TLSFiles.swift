internal import FoundationEssentials
internal import NIOSSL

/// Reads the certificate and key of a listener.
internal enum TLSFiles {
    /// - Returns: `nil` when neither file is configured.
    internal static func configuration(certificate: String, key: String) throws(FrontError)
        -> TLSConfiguration?
    {
        if certificate.isEmpty, key.isEmpty { return nil }
        if let why = unreadable(certificate) {
            throw .certificateUnreadable(path: certificate, why: why)
        }
        if let why = unreadable(key) { throw .keyUnreadable(path: key, why: why) }
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw .certificateUnreadable(path: certificate, why: "it is not a PEM certificate")
        }
        guard !chain.isEmpty else {
            throw .certificateUnreadable(path: certificate, why: "there is no PEM certificate in it")
        }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw .keyUnreadable(path: key, why: "it is not a PEM private key without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        // TLS 1.2 and 1.3 (RFC 8996 §4 and §5: not 1.0, not 1.1).
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = .tlsv13
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .certificateRefused(path: certificate, why: "they do not belong together")
        }
        return configuration
    }

    /// When the first certificate of a chain to end does so, in Unix time.
    internal static func expiry(_ configuration: TLSConfiguration) -> Double? {
        configuration.certificateChain
            .compactMap { source in
                if case .certificate(let certificate) = source {
                    Double(certificate.notValidAfter)
                } else {
                    nil
                }
            }
            .min()
    }

    /// - Returns: `nil` when neither file is configured.
    internal static func context(certificate: String, key: String) throws(FrontError) -> NIOSSLContext? {
        guard let configuration = try configuration(certificate: certificate, key: key) else { return nil }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .certificateRefused(path: certificate, why: "they do not belong together")
        }
    }

    private static func unreadable(_ path: String) -> String? {
        if path.isEmpty { return "no file is configured, but certificate and key go together" }
        if !FileManager.default.fileExists(atPath: path) { return "there is no such file" }
        if !FileManager.default.isReadableFile(atPath: path) { return "permission denied" }
        return nil
    }
}
