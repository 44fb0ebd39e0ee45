internal import Crypto
internal import Foundation
internal import Glibc
package import RelayTypes

/// The operator's keys for what bans hold on to.
///
/// A new key is put before the others: new bans are made with the first, and all of them recognise. A key may go when
/// the last ban that was made with it has ended.
package struct BanKeys: Sendable {
    /// Most keys: each costs a hash for every `hello`.
    package static let most = 8
    /// Hexadecimal digits of a key.
    private static let digits = 64

    private let newest: SymmetricKey
    private let older: [SymmetricKey]

    /// One random key, which is gone with the process.
    package init() {
        newest = SymmetricKey(size: .bits256)
        older = []
    }

    /// Keys of 32 bytes each.
    package init(newest: [UInt8], older: [[UInt8]] = []) {
        self.newest = SymmetricKey(data: newest)
        self.older = older.map { SymmetricKey(data: $0) }
    }

    /// Reads a file of keys, one of 64 hexadecimal digits on each line; makes it, with a random key, where there is none.
    package static func load(path: String) throws(StorageError) -> BanKeys {
        if access(path, F_OK) != 0 { try make(path) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, why: String(cString: strerror(errno)))
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        let keys = lines.compactMap(bytes(ofHex:))
        guard keys.count == lines.count, keys.count <= most, let newest = keys.first else {
            throw .unreadable(
                path: path, why: "it must hold 1 to \(most) lines of \(digits) hexadecimal digits")
        }
        return BanKeys(newest: newest, older: Array(keys.dropFirst()))
    }

    /// The mark of a handle that new bans are made with.
    package func mark(_ handle: BanHandle, _ text: String) -> BanMark {
        Self.mark(handle, text, newest)
    }

    /// The marks of a handle under every key.
    package func marks(_ handle: BanHandle, _ text: String) -> [BanMark] {
        ([newest] + older).map { Self.mark(handle, text, $0) }
    }

    /// HMAC-SHA-256 under the newest key, for the head of the audit log.
    func auditSeal(of bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Self.auditMessage(bytes), using: newest))
    }

    /// Whether any of the keys made the seal; takes the same time wherever it differs.
    func isAuditSeal(_ seal: [UInt8], of bytes: [UInt8]) -> Bool {
        let message = Self.auditMessage(bytes)
        return ([newest] + older)
            .contains {
                HMAC<SHA256>.isValidAuthenticationCode(seal, authenticating: message, using: $0)
            }
    }

    /// No handle has this name, so that no ban mark is a seal.
    private static func auditMessage(_ bytes: [UInt8]) -> Data { Data("audit head:".utf8) + bytes }

    private static func mark(_ handle: BanHandle, _ text: String, _ key: SymmetricKey) -> BanMark {
        // The handle's name goes first, so that an account called 192.0.2.1 is not an address.
        let message = Data("\(handle.rawValue):\(text)".utf8)
        return BanMark(
            handle: handle, hash: Array(HMAC<SHA256>.authenticationCode(for: message, using: key)))
    }

    private static func make(_ path: String) throws(StorageError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, why: String(cString: strerror(errno)))
        }
        defer { Glibc.close(descriptor) }
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let line = Array((key.map { String(format: "%02x", $0) }.joined() + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let why = String(cString: strerror(errno))
            unlink(path)
            throw .unreadable(path: path, why: why)
        }
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let values = text.compactMap(\.hexDigitValue)
        guard text.count == digits, values.count == digits else { return nil }
        return stride(from: 0, to: digits, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
