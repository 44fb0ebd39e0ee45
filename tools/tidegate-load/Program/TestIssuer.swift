internal import Crypto
internal import Foundation
internal import ReferenceTools

/// An issuer of age attestations whose key this tool holds: for load tests, and for nothing else.
///
/// Its key file says until when it may be used, so that the key of a forgotten test proves nothing for ever.
struct TestIssuer: Sendable {
    static let defaultName = "urn:tidegate:load-test"

    /// The claim `iss`.
    let name: String
    let keyID: String
    let expires: Date
    private let key: P256.Signing.PrivateKey

    /// Makes a key.
    init(name: String = Self.defaultName, keyID: String? = nil, expires: Date) {
        self.init(
            name: name, keyID: keyID ?? "load-\(Int(Date.now.timeIntervalSince1970))", expires: expires,
            key: P256.Signing.PrivateKey())
    }

    private init(name: String, keyID: String, expires: Date, key: P256.Signing.PrivateKey) {
        self.name = name
        self.keyID = keyID
        self.expires = expires
        self.key = key
    }

    // MARK: Files

    /// What the private key's file holds.
    private struct KeyFile: Codable {
        let issuer: String
        let kid: String
        let expires: Date
        let privateKey: String

        private enum CodingKeys: String, CodingKey {
            case issuer, kid, expires
            case privateKey = "private_key"
        }
    }

    /// The private key's file; keep it from others.
    func privateFile() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(
            KeyFile(issuer: name, kid: keyID, expires: expires, privateKey: key.pemRepresentation))
    }

    /// Reads what ``privateFile()`` has made.
    init(privateFile data: Data, path: String, now: Date = .now) throws(LoadFailure) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let file = try? decoder.decode(KeyFile.self, from: data),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: file.privateKey)
        else {
            throw .issuerRefused("\(path) is not a key that 'tidegate-load issuer' has made")
        }
        guard file.expires > now else {
            throw .issuerRefused(
                "the test issuer in \(path) has expired; make another with 'tidegate-load issuer'")
        }
        self.init(name: file.issuer, keyID: file.kid, expires: file.expires, key: key)
    }

    /// The public key, for the server's configuration (RFC 7517 §5).
    var jwks: String {
        let point = key.publicKey.rawRepresentation
        return """
            {
              "keys": [
                {
                  "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "\(keyID)",
                  "x": "\(Self.base64URL(point.prefix(32)))",
                  "y": "\(Self.base64URL(point.suffix(32)))"
                }
              ]
            }

            """
    }

    // MARK: Tokens

    /// A token for this nonce.
    ///
    /// - Parameters:
    ///   - isExpired: its time was an hour ago.
    ///   - isForged: another key has signed it.
    ///   - tokenID: the claim `jti`.
    func token(
        nonce: String, audience: String, _ band: LoadBand, tokenID: String, isExpired: Bool = false,
        isForged: Bool = false, now: Date
    ) throws -> String {
        let issued = Int64(now.timeIntervalSince1970.rounded(.down)) - (isExpired ? 3_600 : 0)
        var members = [
            "\"iss\":\(JSONText.quoted(name))", "\"aud\":\(JSONText.quoted(audience))",
            "\"nonce\":\(JSONText.quoted(nonce))", "\"iat\":\(issued)", "\"exp\":\(issued + 300)",
            "\"jti\":\(JSONText.quoted(tokenID))",
        ]
        members += band.claims.map { "\"\($0)\":\($1)" }
        let header = "{\"alg\":\"ES256\",\"kid\":\(JSONText.quoted(keyID)),\"typ\":\"JWT\"}"
        let claims = "{" + members.joined(separator: ",") + "}"
        let input = Self.base64URL(Data(header.utf8)) + "." + Self.base64URL(Data(claims.utf8))
        let signer = isForged ? P256.Signing.PrivateKey() : key
        // The raw form, r and s one after the other, is what ES256 wants (RFC 7518 §3.4).
        return input + "." + Self.base64URL(try signer.signature(for: Data(input.utf8)).rawRepresentation)
    }

    private static func base64URL(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}

/// JSON as it is written here: by hand, for it is little and often.
enum JSONText {
    /// A JSON string (RFC 8259 §7).
    static func quoted(_ text: String) -> String {
        var result = "\""
        result.reserveCapacity(text.utf8.count + 2)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A message of the protocol.
    static func message(_ type: String, _ members: [(String, String)] = []) -> String {
        "{\"type\":\"\(type)\"" + members.map { ",\"\($0)\":\($1)" }.joined() + "}"
    }
}
