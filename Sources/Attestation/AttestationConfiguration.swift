package import FoundationEssentials

/// Whose word about an age counts, and for what (PROTOCOL.md section 4).
package struct AttestationConfiguration: Sendable {
    /// What the claim `aud` must contain.
    package var audience: String
    package var issuers: [IssuerConfiguration]
    /// In order: the first rule that a proof fits gives the band.
    package var bands: [BandRule]
    /// How long a nonce may be used, in seconds.
    package var nonceLifetime: TimeInterval = 600
    /// Most seconds between `iat` and `exp`.
    package var longestTokenLife: TimeInterval = 600
    /// How far the issuer's clock may be off, in seconds.
    package var clockSkew: TimeInterval = 60

    package init(audience: String, issuers: [IssuerConfiguration], bands: [BandRule] = BandRule.defaults) {
        self.audience = audience
        self.issuers = issuers
        self.bands = bands
    }
}

/// One issuer of tokens: its name, its keys, and what it may do with them.
package struct IssuerConfiguration: Sendable {
    /// Where the issuer's JWK Set (RFC 7517 §5) is found.
    package enum KeySource: Sendable, Equatable {
        /// Path of a file, relative to the working directory.
        case file(String)
        /// The JSON text itself.
        case json(String)
    }

    /// The claim `iss`, compared byte by byte.
    package var issuer: String
    package var keys: KeySource
    package var algorithms: [SignatureAlgorithm]
    /// Names of the objects that lead to the `age_over_NN` claims; empty: at the top.
    package var claimPath: [String]

    package init(
        issuer: String, keys: KeySource, algorithms: [SignatureAlgorithm] = SignatureAlgorithm.defaults,
        claimPath: [String] = []
    ) {
        self.issuer = issuer
        self.keys = keys
        self.algorithms = algorithms
        self.claimPath = claimPath
    }
}

/// A signature algorithm that an issuer may be allowed (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// There is no `none` and no `HS*` to be allowed by mistake.
package enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case es256 = "ES256"
    case edDSA = "EdDSA"
    case rs256 = "RS256"
    case ps256 = "PS256"

    /// What an issuer may use unless the configuration says otherwise.
    package static let defaults: [SignatureAlgorithm] = [.es256, .edDSA]
}
