internal import Foundation
internal import Glibc

/// Reads a file with one X25519 key: its 32 raw bytes, or PEM (RFC 7468) of the structures of RFC 8410.
enum KeyFile {
    /// What comes before the key in SubjectPublicKeyInfo.
    static let publicPrefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00,
    ]
    /// What comes before the key in PrivateKeyInfo.
    static let privatePrefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let length = 32

    static func wrong(_ path: String) -> SealingError {
        .badKey(path: path, why: "it holds no X25519 key, neither 32 raw bytes nor PEM")
    }

    static func read(_ path: String, label: String, prefix: [UInt8]) throws(SealingError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badKey(path: path, why: String(cString: strerror(errno)))
        }
        if data.count == length { return Array(data) }
        let text = String(decoding: data, as: UTF8.self)
        if label == "PUBLIC KEY", text.contains("PRIVATE KEY") {
            throw .badKey(
                path: path,
                why: "it holds a private key, which must not be on this machine; give the public one")
        }
        guard let begin = text.range(of: "-----BEGIN \(label)-----"),
            let end = text.range(of: "-----END \(label)-----", range: begin.upperBound..<text.endIndex),
            let der = Data(
                base64Encoded: text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace }),
            der.count == prefix.count + length, der.starts(with: prefix)
        else { throw wrong(path) }
        return Array(der.suffix(length))
    }
}
