internal import Crypto
internal import FoundationEssentials

/// The secret that opens the admin API over TCP.
internal struct BearerToken: Sendable {
    /// Shorter secrets can be guessed.
    internal static let minimumBytes = 32

    private let secret: [UInt8]

    /// Reads the token from its file; spaces and line ends around it do not belong to it.
    internal init(file path: String) throws(FrontError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let why =
                FileManager.default.fileExists(atPath: path) ? "permission denied" : "there is no such file"
            throw .tokenUnreadable(path: path, why: why)
        }
        let isSpace: (UInt8) -> Bool = { [9, 10, 13, 32].contains($0) }
        let trimmed = data.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        secret = Array(trimmed)
        guard secret.count >= Self.minimumBytes else {
            throw .tokenTooShort(path: path, bytes: secret.count)
        }
    }

    /// SHA-256 (FIPS 180-4) of the secret: 32 bytes.
    internal var sha256: [UInt8] { Array(SHA256.hash(data: Data(secret))) }

    /// Whether an `Authorization` value carries the token (RFC 6750 §2.1).
    ///
    /// Takes the same time for every wrong token of a length, so that it cannot be found byte by byte.
    internal func isCarried(by authorization: String?) -> Bool {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return false }
        let presented = Array(authorization.utf8.dropFirst(7))
        var difference: UInt8 = presented.count == secret.count ? 0 : 1
        for (index, byte) in secret.enumerated() {
            difference |= byte ^ (index < presented.count ? presented[index] : 0)
        }
        return difference == 0
    }
}

/// Whoever describes what holds a token must not tell it.
extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    internal var description: String { "BearerToken" }
    internal var debugDescription: String { description }
    internal var customMirror: Mirror { Mirror(self, children: []) }
}
