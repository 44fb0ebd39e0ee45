internal import COpenSSL
internal import Glibc

/// Keeping the certificate, so that a restart of the server does not change its fingerprint.
extension DTLSCertificate {
    /// Name of the one file, with the private key and the certificate in PEM, mode 0600.
    package static let fileName = "dtls.pem"
    /// A certificate that ends sooner than this, in seconds, is replaced.
    private static let leastRest = 2 * 86_400
    /// Longest file that is read, in bytes.
    private static let mostBytes = 65_536

    /// Takes the certificate from `directory`; makes a new one, and keeps it there, when there is none or it
    /// is about to end.
    ///
    /// The file is written whole or not at all: a crash in between leaves the old one or none.
    package static func loadOrCreate(directory: String) throws(DTLSCertificateError) -> DTLSCertificate {
        let path = directory + "/" + fileName
        if let text = try read(path) {
            let kept = try parse(text, path)
            if kept.isValid(inSeconds: leastRest) { return kept }
        }
        let made: DTLSCertificate
        do throws(DTLSError) {
            made = try generated()
        } catch {
            if case .library(let stack) = error { throw .library(stack) }
            throw .library(OpenSSLErrorStack("\(error)"))
        }
        try write(try made.text(), path)
        return made
    }

    /// Takes a certificate and its key from two PEM files of the operator's own.
    package static func load(
        certificate: String, key: String
    ) throws(DTLSCertificateError) -> DTLSCertificate {
        guard let secret = try read(key) else { throw .file(path: key, reason: "no such file") }
        guard let chain = try read(certificate, isSecret: false) else {
            throw .file(path: certificate, reason: "no such file")
        }
        return try parse(secret + [0x0a] + chain, certificate)
    }

    /// - Returns: `nil` when there is no such file.
    private static func read(_ path: String, isSecret: Bool = true) throws(DTLSCertificateError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failed(path)
        }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed(path) }
        guard !isSecret || status.st_mode & 0o077 == 0 else {
            throw .content(path: path, reason: "others may read the private key (chmod 600 would mend that)")
        }
        var bytes = [UInt8](repeating: 0, count: mostBytes)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failed(path) }
            if got == 0 { break }
            count += got
        }
        bytes.removeSubrange(count...)
        return bytes
    }

    private static func parse(
        _ text: [UInt8], _ path: String
    ) throws(DTLSCertificateError) -> DTLSCertificate {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let source = BIO_new_mem_buf(text, Int32(text.count)) else { throw .library(.drained()) }
        defer { BIO_free(source) }
        // Without a callback OpenSSL asks for the pass phrase of an encrypted key on the terminal.
        guard let key = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) else {
            throw .content(path: path, reason: "it does not start with a private key")
        }
        guard let certificate = PEM_read_bio_X509(source, nil, nil, nil) else {
            EVP_PKEY_free(key)
            throw .content(path: path, reason: "no certificate follows the private key")
        }
        let kept = DTLSCertificate(owning: certificate, key)
        guard X509_check_private_key(certificate, key) == 1 else {
            throw .content(path: path, reason: "the private key is not that of the certificate")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC else {
            throw .content(path: path, reason: "the key is not an elliptic-curve key")
        }
        return kept
    }

    /// Key and certificate in PEM.
    private func text() throws(DTLSCertificateError) -> [UInt8] {
        ERR_clear_error()
        guard let target = BIO_new(BIO_s_mem()) else { throw .library(.drained()) }
        defer { BIO_free(target) }
        guard PEM_write_bio_PrivateKey(target, key, nil, nil, 0, nil, nil) == 1,
            PEM_write_bio_X509(target, certificate) == 1
        else { throw .library(.drained()) }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(target))
        let count = BIO_read(target, &bytes, Int32(bytes.count))
        guard count == bytes.count else { throw .library(.drained()) }
        return bytes
    }

    private static func write(_ text: [UInt8], _ path: String) throws(DTLSCertificateError) {
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed(draft) }
        var written = 0
        while written < text.count {
            let count = text.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failed(draft)
                Glibc.close(descriptor)
                throw error
            }
            written += count
        }
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0, rename(draft, path) == 0 else {
            throw failed(path)
        }
    }

    private static func failed(_ path: String) -> DTLSCertificateError {
        .file(path: path, reason: String(cString: strerror(errno)))
    }
}
