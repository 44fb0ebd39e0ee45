import DTLS
import Glibc
import Testing

@Suite("The server's certificate is made once and kept to itself")
struct DTLSCertificateTests {
    /// A directory of its own, removed with what is in it.
    private final class Directory {
        let path: String
        var file: String { path + "/" + DTLSCertificate.fileName }

        init() throws {
            var template = Array("/tmp/dtls-certificate-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit {
            unlink(file)
            rmdir(path)
        }

        func write(_ text: String, mode: mode_t = 0o600) throws {
            unlink(file)
            let descriptor = open(file, O_WRONLY | O_CREAT, mode)
            try #require(descriptor >= 0)
            #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
            close(descriptor)
        }

        func read() throws -> String {
            let stream = try #require(fopen(file, "r"))
            defer { fclose(stream) }
            var bytes = [UInt8](repeating: 0, count: 10_000)
            let count = fread(&bytes, 1, bytes.count, stream)
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test("every new one is another")
    func generated() throws {
        let one = try DTLSCertificate.generated()
        let other = try DTLSCertificate.generated()
        #expect(try one.fingerprint() != other.fingerprint())
        #expect(try one.fingerprint() == one.digest(.sha256))
        #expect(try DTLSDigest.allCases.map { try one.digest($0).count } == [32, 48, 64])
    }

    @Test("valid for most of 30 days, and not for longer")
    func validity() throws {
        let certificate = try DTLSCertificate.generated()
        #expect(certificate.isValid(inSeconds: 0))
        #expect(certificate.isValid(inSeconds: 28 * 86_400))
        #expect(!certificate.isValid(inSeconds: 30 * 86_400))
    }

    @Test("kept in a file that nobody else may read, and found again")
    func kept() throws {
        let directory = try Directory()
        let made = try DTLSCertificate.loadOrCreate(directory: directory.path)
        let found = try DTLSCertificate.loadOrCreate(directory: directory.path)
        #expect(try made.fingerprint() == found.fingerprint())
        var status = stat()
        #expect(stat(directory.file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        // And it works.
        let context = try DTLSContext(role: .server, certificate: found)
        _ = try DTLSAssociation(accepting: context)
    }

    @Test("a file that is not one is named, and never replaced in silence")
    func unusable() throws {
        let directory = try Directory()
        _ = try DTLSCertificate.loadOrCreate(directory: directory.path)
        let text = try directory.read()
        let end = try #require(text.range(of: "-----END PRIVATE KEY-----\n"))
        let other = try Directory()
        _ = try DTLSCertificate.loadOrCreate(directory: other.path)
        let otherText = try other.read()
        let otherEnd = try #require(otherText.range(of: "-----END PRIVATE KEY-----\n"))
        let rows: [String] = [
            "", "nonsense\n", String(text[..<end.upperBound]), String(text[end.upperBound...]),
            String(text.dropLast(100)),
            String(text[..<end.upperBound]) + String(otherText[otherEnd.upperBound...]),
        ]
        for row in rows {
            try directory.write(row)
            #expect(throws: DTLSCertificateError.self) {
                _ = try DTLSCertificate.loadOrCreate(directory: directory.path)
            }
            #expect(try directory.read() == row)
        }
    }

    @Test("a key that others may read is refused")
    func readable() throws {
        let directory = try Directory()
        _ = try DTLSCertificate.loadOrCreate(directory: directory.path)
        #expect(chmod(directory.file, 0o640) == 0)
        #expect(throws: DTLSCertificateError.self) {
            _ = try DTLSCertificate.loadOrCreate(directory: directory.path)
        }
    }

    @Test("a directory that is not there is an error that names the file")
    func noDirectory() {
        do throws(DTLSCertificateError) {
            _ = try DTLSCertificate.loadOrCreate(directory: "/nowhere/at/all")
            Issue.record("it was made")
        } catch {
            #expect("\(error)".contains("/nowhere/at/all/dtls.pem"))
        }
    }
}

extension String {
    /// Where `text` is, without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
