/// What is wrong with an issuer's configuration or key file.
///
/// The operator's fault, found at the start.
package enum AttestationSetupError: Error, Sendable, Equatable {
    /// The key file cannot be read.
    case unreadableKeys(issuer: String, file: String)
    /// The keys are not a JWK Set (RFC 7517 §5).
    case malformedKeys(issuer: String, why: String)
    /// One key of the set cannot be used safely.
    case badKey(issuer: String, kid: String, why: String)
    /// No key of the set fits an algorithm that the issuer may use.
    case noUsableKey(issuer: String, algorithms: [SignatureAlgorithm])
    /// Two entries for one issuer.
    case duplicateIssuer(String)
    /// A development token was asked for a band that there is no rule for.
    case unknownBand(String)
    /// Signing failed.
    case signingFailed
}

extension AttestationSetupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableKeys(let issuer, let file):
            "the keys of issuer '\(issuer)' cannot be read from \(file)"
        case .malformedKeys(let issuer, let why):
            "the keys of issuer '\(issuer)' are not a JWK Set (RFC 7517): \(why)"
        case .badKey(let issuer, let kid, let why):
            "key '\(kid)' of issuer '\(issuer)' cannot be used: \(why)"
        case .noUsableKey(let issuer, let algorithms):
            "issuer '\(issuer)' has no key with a kid for \(algorithms.map(\.rawValue).joined(separator: ", "))"
        case .duplicateIssuer(let issuer): "issuer '\(issuer)' is configured twice"
        case .unknownBand(let band): "there is no band '\(band)'"
        case .signingFailed: "the development token could not be signed"
        }
    }
}
