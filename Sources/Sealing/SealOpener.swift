internal import Crypto
internal import FoundationEssentials
package import RelayTypes

/// The operator's private key for what the server has sealed.
///
/// For the operator's own machine and for tests; the server never has it.
package struct SealOpener: Sendable {
    private let key: Curve25519.KeyAgreement.PrivateKey

    /// A fresh key.
    package init() { key = .init() }

    /// - Parameter raw: an X25519 private key of 32 bytes (RFC 7748).
    /// - Returns: `nil` for any other length.
    package init?(raw: [UInt8]) {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw) else { return nil }
        self.key = key
    }

    /// Reads a file that `openssl genpkey -algorithm X25519` has written, or one of the 32 raw bytes.
    package static func load(path: String) throws(SealingError) -> SealOpener {
        let found = try KeyFile.read(path, label: "PRIVATE KEY", prefix: KeyFile.privatePrefix)
        guard let key = SealOpener(raw: found) else { throw KeyFile.wrong(path) }
        return key
    }

    /// The key that the server gets.
    package var rawPublicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// - Returns: `nil` where the events were sealed for another key or another report, or have been changed.
    package func open(_ sealed: SealedEvents, of report: ReportID) -> [CaptureEvent]? {
        let bytes = sealed.bytes
        guard bytes.first == SealedEvents.version, bytes.count > SealedEvents.headLength else { return nil }
        let encapsulated = bytes.dropFirst(1 + SealedEvents.nameLength)
            .prefix(SealedEvents.encapsulatedLength)
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: SealedEvents.suite, info: SealedEvents.info,
                encapsulatedKey: Data(encapsulated))
            let plain = try recipient.open(
                Data(bytes.dropFirst(SealedEvents.headLength)), authenticating: Data(report.text.utf8))
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .millisecondsSince1970
            return try decoder.decode([CaptureEvent].self, from: plain)
        } catch {
            return nil
        }
    }
}
