internal import COpenSSL

/// How long the certificates in a PEM file are valid, whoever uses them.
package struct CertificateDates: Sendable, Equatable {
    /// From now until the latest beginning, in seconds; negative where all have begun.
    package let begin: Int
    /// From now until the earliest end, in seconds; negative where one has ended.
    package let end: Int

    package init(begin: Int, end: Int) {
        self.begin = begin
        self.end = end
    }

    /// Looks at every certificate of a chain.
    package static func read(path: String) throws(DTLSCertificateError) -> CertificateDates {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let source = BIO_new_file(path, "r") else {
            throw .file(path: path, reason: "it cannot be opened")
        }
        defer { BIO_free(source) }
        var dates: CertificateDates?
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            defer { X509_free(certificate) }
            var begin: (days: Int32, seconds: Int32) = (0, 0)
            var end: (days: Int32, seconds: Int32) = (0, 0)
            guard
                ASN1_TIME_diff(&begin.days, &begin.seconds, nil, X509_get0_notBefore(certificate)) == 1,
                ASN1_TIME_diff(&end.days, &end.seconds, nil, X509_get0_notAfter(certificate)) == 1
            else { throw .content(path: path, reason: "a certificate has no dates") }
            let (from, until) = (seconds(begin), seconds(end))
            dates = CertificateDates(
                begin: max(from, dates?.begin ?? from), end: min(until, dates?.end ?? until))
        }
        guard let dates else { throw .content(path: path, reason: "there is no certificate in it") }
        return dates
    }

    private static func seconds(_ difference: (days: Int32, seconds: Int32)) -> Int {
        Int(difference.days) * 86_400 + Int(difference.seconds)
    }
}
