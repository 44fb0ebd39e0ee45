internal import FoundationEssentials
internal import JWTKit

/// One issuer with its public keys, by `kid` and algorithm.
struct IssuerKeys: Sendable {
    let algorithms: Set<SignatureAlgorithm>
    let claimPath: [String]
    let name: String
    private let keys: [Entry]

    private struct Entry: Sendable {
        let keyID: String
        let algorithm: SignatureAlgorithm
        let key: VerificationKey
        let voucher: Voucher
    }

    /// One for each key.
    var vouchers: [Voucher] { keys.map(\.voucher) }

    private static let badNumbers = "x and y are not on its curve, or n is shorter than 2048 bits"
    /// Most bytes of a JWK Set.
    private static let longestSet = 1_048_576

    /// Reads the issuer's JWK Set (RFC 7517 §5).
    ///
    /// Keys for other uses, of other kinds or without a `kid` are passed over, as RFC 7517 §5 says; a private
    /// key, or two keys of one name, is an error.
    init(_ configuration: IssuerConfiguration) throws(AttestationSetupError) {
        let issuer = configuration.issuer
        name = issuer
        algorithms = Set(configuration.algorithms)
        claimPath = configuration.claimPath

        guard let members = JSONValue.read(try Self.bytes(configuration))?.object else {
            throw .malformedKeys(issuer: issuer, why: "it is not a JSON object")
        }
        guard case .array(let values) = members["keys"] else {
            throw .malformedKeys(issuer: issuer, why: "the member 'keys' is not a list")
        }
        var keys: [Entry] = []
        for value in values {
            guard let key = value.object else {
                throw .malformedKeys(issuer: issuer, why: "an entry of 'keys' is not an object")
            }
            guard let keyID = key["kid"]?.string, !keyID.isEmpty, Self.isForSignatures(key) else { continue }
            if key["d"] != nil {
                throw .badKey(
                    issuer: issuer, kid: keyID, why: "it is a private key, which must stay with the issuer")
            }
            for algorithm in configuration.algorithms where Self.fits(key, algorithm) {
                guard let publicKey = VerificationKey(key) else {
                    throw .badKey(issuer: issuer, kid: keyID, why: Self.badNumbers)
                }
                guard !keys.contains(where: { $0.keyID.isSameBytes(as: keyID) && $0.algorithm == algorithm })
                else {
                    throw .badKey(issuer: issuer, kid: keyID, why: "another key has the same kid")
                }
                let voucher = Voucher(issuer: issuer, keyID: keyID, algorithm: algorithm, key: key)
                keys.append(
                    Entry(keyID: keyID, algorithm: algorithm, key: publicKey, voucher: voucher))
            }
        }
        guard !keys.isEmpty else { throw .noUsableKey(issuer: issuer, algorithms: configuration.algorithms) }
        self.keys = keys
    }

    func isNamed(_ other: String) -> Bool { name.isSameBytes(as: other) }

    /// The key of that name, if it may be used with that algorithm.
    func key(_ keyID: String, for algorithm: SignatureAlgorithm) -> VerificationKey? {
        keys.first { $0.algorithm == algorithm && $0.keyID.isSameBytes(as: keyID) }?.key
    }

    /// What stands for a proof that this key has signed.
    func voucher(_ keyID: String, for algorithm: SignatureAlgorithm) -> Voucher? {
        keys.first { $0.algorithm == algorithm && $0.keyID.isSameBytes(as: keyID) }?.voucher
    }

    /// Reads every configured issuer.
    static func all(_ configurations: [IssuerConfiguration]) throws(AttestationSetupError) -> [IssuerKeys] {
        var issuers: [IssuerKeys] = []
        for configuration in configurations {
            guard !issuers.contains(where: { $0.isNamed(configuration.issuer) }) else {
                throw .duplicateIssuer(configuration.issuer)
            }
            issuers.append(try IssuerKeys(configuration))
        }
        return issuers
    }

    private static func bytes(_ configuration: IssuerConfiguration) throws(AttestationSetupError) -> [UInt8] {
        let bytes: [UInt8]
        switch configuration.keys {
        case .json(let text): bytes = Array(text.utf8)
        case .file(let path):
            do {
                bytes = Array(try Data(contentsOf: URL(filePath: path)))
            } catch {
                throw .unreadableKeys(issuer: configuration.issuer, file: path)
            }
        }
        guard bytes.count <= longestSet else {
            throw .malformedKeys(issuer: configuration.issuer, why: "it is larger than 1 MiB")
        }
        return bytes
    }

    /// `use` and `key_ops`, where present, must speak of signatures (RFC 7517 §4.2, §4.3).
    private static func isForSignatures(_ key: [String: JSONValue]) -> Bool {
        if let use = key["use"], use != .string("sig") { return false }
        if case .array(let operations) = key["key_ops"], !operations.contains(.string("verify")) {
            return false
        }
        return true
    }

    /// Whether the key's kind, curve and, where it names one, algorithm are those of `algorithm`.
    ///
    /// Source: RFC 7518 §6.2, §6.3, RFC 8037 §2.
    private static func fits(_ key: [String: JSONValue], _ algorithm: SignatureAlgorithm) -> Bool {
        if let named = key["alg"], named != .string(algorithm.rawValue) { return false }
        let kind = key["kty"]?.string
        let curve = key["crv"]?.string
        switch algorithm {
        case .es256: return kind == "EC" && curve == "P-256"
        case .edDSA: return kind == "OKP" && curve == "Ed25519"
        case .rs256, .ps256: return kind == "RSA"
        }
    }
}

/// A public key that signatures are checked with.
enum VerificationKey: Sendable {
    case ecdsa(ES256PublicKey)
    case edDSA(EdDSA.PublicKey)
    case rsa(Insecure.RSA.PublicKey)

    /// - Returns: `nil` where the numbers are missing or are no key.
    init?(_ key: [String: JSONValue]) {
        func number(_ name: String, length: Int? = nil) -> String? {
            guard let text = key[name]?.string, let bytes = Base64URL.decode(text.utf8) else { return nil }
            guard length == nil || bytes.count == length, !bytes.isEmpty else { return nil }
            return text
        }
        switch key["kty"]?.string {
        case "EC":
            guard let x = number("x", length: 32), let y = number("y", length: 32),
                let key = try? ES256PublicKey(parameters: (x, y))
            else { return nil }
            self = .ecdsa(key)
        case "OKP":
            guard let x = number("x", length: 32), let key = try? EdDSA.PublicKey(x: x, curve: .ed25519)
            else { return nil }
            self = .edDSA(key)
        case "RSA":
            guard let modulus = number("n"), let exponent = number("e"),
                let key = try? Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
            else { return nil }
            self = .rsa(key)
        default: return nil
        }
    }

    /// Checks a signature with this key and no other, and with this algorithm and no other.
    ///
    /// jwt-kit gives its algorithms out through a key collection only, and a collection with several keys
    /// falls back to its first for a `kid` that it does not know: so each check has a collection with one
    /// key.
    func confirms(
        _ signature: [UInt8], of input: [UInt8], by algorithm: SignatureAlgorithm
    ) async -> Bool {
        let collection = JWTKeyCollection()
        switch (self, algorithm) {
        case (.ecdsa(let key), .es256): await collection.add(ecdsa: key)
        case (.edDSA(let key), .edDSA): await collection.add(eddsa: key)
        case (.rsa(let key), .rs256): await collection.add(rsa: key, digestAlgorithm: .sha256)
        case (.rsa(let key), .ps256): await collection.add(pss: key, digestAlgorithm: .sha256)
        default: return false
        }
        guard let method = try? await collection.getKey(), method.name == algorithm.rawValue else {
            return false
        }
        return (try? method.verify(signature, signs: input)) ?? false
    }
}
