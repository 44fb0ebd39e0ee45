package import FoundationEssentials

/// Who the operator says that somebody is: `hello.token` (PROTOCOL.md section 2.1).
package struct IdentityConfiguration: Sendable {
    /// What the claim `aud` must contain.
    package var audience: String
    package var issuer: IssuerConfiguration
    /// How far the operator's clock may be off, in seconds.
    package var clockSkew: TimeInterval = 60

    package init(audience: String, issuer: IssuerConfiguration) {
        self.audience = audience
        self.issuer = issuer
    }
}

/// Why a `hello.token` is refused: a fixed sentence that repeats nothing from the token.
package struct IdentityFailure: Error, Sendable, Equatable {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// Reads the subject from an identity token.
///
/// It keeps nothing, so a token may be used until it expires.
package struct IdentityVerifier: Sendable {
    /// Longest subject, in bytes.
    package static let longestSubject = 255

    private let configuration: IdentityConfiguration
    private let issuers: [IssuerKeys]

    /// Reads the issuer's keys.
    package init(_ configuration: IdentityConfiguration) throws(AttestationSetupError) {
        self.configuration = configuration
        issuers = [try IssuerKeys(configuration.issuer)]
    }

    /// Checks signature, `aud`, `exp`, `iat` and `nbf`.
    ///
    /// - Returns: the claim `sub`, 1 to ``longestSubject`` bytes.
    package func verify(_ token: String, at now: Date) async -> Result<String, IdentityFailure> {
        do throws(TokenFault) {
            let signed = try SignedToken(token)
            _ = try await signed.confirmed(by: issuers)
            let claims = TokenClaims(claims: signed.claims, now: now, skew: configuration.clockSkew)
            try claims.requireAudience(configuration.audience)
            _ = try claims.requireUnexpired()
            _ = try claims.issuedAt()
            try claims.requireStarted()
            guard let subject = signed.claims["sub"]?.string,
                (1...Self.longestSubject).contains(subject.utf8.count)
            else { throw TokenFault("sub is not a string of 1 to \(Self.longestSubject) bytes") }
            return .success(subject)
        } catch {
            return .failure(IdentityFailure(reason: error.reason))
        }
    }
}
