internal import Crypto
package import FoundationEssentials
package import RelayTypes

/// An issuer that attests whatever it is asked to.
///
/// For a developer's own machine only.
///
/// Its key is made when it is made, and is never written anywhere. `RelayConfig` refuses a configuration that
/// has it on an address which other machines can reach.
package struct DevelopmentIssuer: Sendable {
    /// The claim `iss` of its tokens.
    package let name: String
    private let bands: [BandRule]
    private let key = P256.Signing.PrivateKey()
    private static let keyID = "development"

    package init(name: String = "urn:tidegate:development", bands: [BandRule] = BandRule.defaults) {
        self.name = name
        self.bands = bands
    }

    /// What an ``AgeVerifier`` needs to believe it.
    package var configuration: IssuerConfiguration {
        let point = key.publicKey.rawRepresentation
        let x = Base64URL.encode(point.prefix(32))
        let y = Base64URL.encode(point.suffix(32))
        let set = """
            {"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "\(Self.keyID)", \
            "x": "\(x)", "y": "\(y)"}]}
            """
        return IssuerConfiguration(issuer: name, keys: .json(set), algorithms: [.es256])
    }

    /// A token that proves exactly what the band's rule asks for, good for 5 minutes.
    package func token(
        nonce: String, audience: String, band: Band, now: Date
    ) throws(AttestationSetupError) -> String {
        guard let rule = bands.first(where: { $0.band == band }) else { throw .unknownBand(band.text) }
        return try token(nonce: nonce, audience: audience, ageOver: rule.ageOver, now: now)
    }

    /// A token with these `age_over_NN` claims, good for 5 minutes.
    ///
    /// - Parameter ageOver: by years, 0 to 99.
    package func token(
        nonce: String, audience: String, ageOver: [Int: Bool], now: Date
    ) throws(AttestationSetupError) -> String {
        var generator = SystemRandomNumberGenerator()
        let issued = Int64(now.timeIntervalSince1970.rounded(.down))
        var members = [
            "\"iss\":\(Self.quoted(name))", "\"aud\":\(Self.quoted(audience))",
            "\"nonce\":\(Self.quoted(nonce))", "\"iat\":\(issued)", "\"exp\":\(issued &+ 300)",
            "\"jti\":\(Self.quoted(randomText(characters: 20, using: &generator)))",
        ]
        for (years, isOver) in ageOver.sorted(by: { $0.key < $1.key }) where (0...99).contains(years) {
            members.append("\"age_over_\(years < 10 ? "0" : "")\(years)\":\(isOver)")
        }
        let header = "{\"alg\":\"ES256\",\"kid\":\"\(Self.keyID)\",\"typ\":\"JWT\"}"
        let claims = "{" + members.joined(separator: ",") + "}"
        let input = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        // The raw form, r and s one after the other, is what ES256 wants (RFC 7518 §3.4).
        guard let signature = try? key.signature(for: Data(input.utf8)) else { throw .signingFailed }
        return input + "." + Base64URL.encode(signature.rawRepresentation)
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
