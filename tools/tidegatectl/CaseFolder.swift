import Crypto
import Foundation

/// A folder that explains itself: files, their hashes, and a signature over the hashes.
struct CaseFolder {
    private let path: String
    private let key: P256.Signing.PrivateKey

    /// - Throws: ``AdminFailure/local(_:)`` where the folder is not empty or the key is none.
    init(path: String, signingKey: String) throws(AdminFailure) {
        let files = FileManager.default
        if files.fileExists(atPath: path) {
            guard let present = try? files.contentsOfDirectory(atPath: path) else {
                throw .local("\(path) is not a folder that can be read")
            }
            guard present.isEmpty else { throw .local("\(path) is not empty; nothing was written") }
        }
        guard let pem = files.contents(atPath: signingKey) else {
            throw .local("the key \(signingKey) cannot be read")
        }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: pem, as: UTF8.self))
        else { throw .local("\(signingKey) is not a private key for ECDSA P-256 in PEM") }
        self.path = path
        self.key = key
    }

    /// Writes all of it beside the folder first: it is there whole, or not at all.
    func write(_ files: [(name: String, content: Data)]) throws(AdminFailure) {
        var files = files
        files.append(("README.txt", Data(Self.readme.utf8)))
        let sums = files.map { file in
            let digits = SHA256.hash(data: file.content)
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return "\(digits.joined())  \(file.name)\n"
        }
        let list = Data(sums.joined().utf8)
        let manager = FileManager.default
        let draft = path + ".part-\(UUID().uuidString)"
        do {
            // Two people's conversation: for the owner's eyes.
            try manager.createDirectory(
                atPath: draft, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            files.append(("SHA256SUMS", list))
            files.append(("SHA256SUMS.sig", try key.signature(for: list).derRepresentation))
            files.append(("public.pem", Data((key.publicKey.pemRepresentation + "\n").utf8)))
            for file in files { try file.content.write(to: URL(filePath: draft + "/" + file.name)) }
            if manager.fileExists(atPath: path) { try manager.removeItem(atPath: path) }
            try manager.moveItem(atPath: draft, toPath: path)
        } catch {
            try? manager.removeItem(atPath: draft)
            throw .local("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private static let readme = """
        One report of a Tidegate server, with everything that belongs to it.

        case.html   to read
        case.json   the same for programs, as the server gave it
        SHA256SUMS  the hashes of these files, signed: SHA256SUMS.sig

        To check that nothing was changed:

          sha256sum -c SHA256SUMS
          openssl dgst -sha256 -verify public.pem -signature SHA256SUMS.sig SHA256SUMS

        Compare public.pem with the key that the operator has given you by another way.

        """
}
