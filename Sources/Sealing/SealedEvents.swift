internal import Crypto
package import FoundationEssentials
package import RelayTypes

/// What the network saw of one person at one moment.
package struct CaptureEvent: Sendable, Equatable, Codable {
    /// `hello`, `join`, `connected`, `moved`, `reported`.
    package var event: String
    /// To the millisecond; milliseconds since 1970 UTC in JSON.
    package var at: Date
    package var address: String
    /// Without it nobody can be found behind an address that many share (CGNAT).
    package var port: Int

    package init(event: String, at: Date, address: String, port: Int) {
        self.event = event
        self.at = at
        self.address = address
        self.port = port
    }
}

/// Network capture events that only the operator's private key opens, which is not on the server.
///
/// Byte 0 is the version, 1. Bytes 1 to 8 begin the SHA-256 of the raw public key, so that the operator finds the right
/// private one. Bytes 9 to 40 are HPKE's encapsulated key and the rest is its ciphertext with the tag (RFC 9180, base mode,
/// `DHKEM(X25519, HKDF-SHA256)`, `HKDF-SHA256`, `ChaCha20Poly1305`), with the text `tidegate capture events 1` as info, the
/// report's identifier as associated data, and as plaintext a JSON array of {`event`, `at`, `address`, `port`}.
package struct SealedEvents: Sendable, Equatable {
    package static let version: UInt8 = 1
    /// Bytes that name the key.
    package static let nameLength = 8
    static let headLength = 1 + nameLength + encapsulatedLength
    static let encapsulatedLength = 32
    static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    static let info = Data("tidegate capture events 1".utf8)

    package let bytes: [UInt8]

    /// What was sealed before.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Which key opens it: ``SealKey/name``.
    package var keyName: [UInt8] { Array(bytes.dropFirst().prefix(Self.nameLength)) }
}

/// The operator's public key for what the server may write but not read.
package struct SealKey: Sendable {
    private let key: Curve25519.KeyAgreement.PublicKey

    /// The first bytes of the SHA-256 of the raw key.
    package var name: [UInt8] {
        Array(SHA256.hash(data: key.rawRepresentation).prefix(SealedEvents.nameLength))
    }

    /// - Parameter raw: an X25519 public key of 32 bytes (RFC 7748).
    /// - Returns: `nil` for any other length.
    package init?(raw: [UInt8]) {
        guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: raw) else { return nil }
        self.key = key
    }

    /// Reads a file that `openssl pkey -pubout` has written for an X25519 key, or one of the 32 raw bytes.
    package static func load(path: String) throws(SealingError) -> SealKey {
        let found = try KeyFile.read(path, label: "PUBLIC KEY", prefix: KeyFile.publicPrefix)
        guard let key = SealKey(raw: found) else { throw KeyFile.wrong(path) }
        return key
    }

    /// Seals for one report: nobody can put the events under another.
    package func seal(_ events: [CaptureEvent], for report: ReportID) -> SealedEvents? {
        do {
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .millisecondsSince1970
            encoder.outputFormatting = .sortedKeys
            var sender = try HPKE.Sender(
                recipientKey: key, ciphersuite: SealedEvents.suite, info: SealedEvents.info)
            let sealed = try sender.seal(
                try encoder.encode(events), authenticating: Data(report.text.utf8))
            return SealedEvents(bytes: [SealedEvents.version] + name + sender.encapsulatedKey + sealed)
        } catch {
            return nil
        }
    }
}
