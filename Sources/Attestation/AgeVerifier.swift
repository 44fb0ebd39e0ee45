internal import Crypto
package import FoundationEssentials
package import RelayTypes

/// Gives out nonces and judges age attestations (PROTOCOL.md section 4).
///
/// Signatures are checked outside the actor, several at a time. Everything that a nonce or a `jti` decides
/// happens in one step without a suspension, so that of two tokens with one nonce exactly one is judged.
package actor AgeVerifier {
    private var setup: Setup
    private var nonces: NonceRegister
    private var tokens: ReplayMemory<SHA256Digest>
    private var generator = SystemRandomNumberGenerator()

    /// Whose word counts, with the keys of every issuer read.
    package struct Setup: Sendable {
        fileprivate let configuration: AttestationConfiguration
        fileprivate let issuers: [IssuerKeys]

        package init(_ configuration: AttestationConfiguration) throws(AttestationSetupError) {
            self.configuration = configuration
            issuers = try IssuerKeys.all(configuration.issuers)
        }

        /// Whose proofs count under it.
        package var trustedKeys: TrustedKeys { TrustedKeys(issuers) }
    }

    /// Reads the keys of every issuer.
    package init(_ configuration: AttestationConfiguration) throws(AttestationSetupError) {
        self.init(try Setup(configuration))
    }

    package init(_ setup: Setup) {
        self.setup = setup
        let configuration = setup.configuration
        // No token that is good now can still be good after this.
        let memory = configuration.longestTokenLife + 2 * configuration.clockSkew
        nonces = NonceRegister(lifetime: configuration.nonceLifetime, memory: memory)
        tokens = ReplayMemory(capacity: 100_000, lifetime: memory)
    }

    /// Judges by another setup from the next token on.
    ///
    /// Nonces and what has been used up stay.
    package func adopt(_ setup: Setup) { self.setup = setup }

    /// Gives a peer a fresh nonce; the one before is void.
    package func issueNonce(for peer: PeerID, at now: Date) -> IssuedNonce {
        nonces.issue(for: peer, at: now, using: &generator)
    }

    /// The peer has ended: its nonce is void.
    ///
    /// Call it once for every peer that was given one.
    package func forget(_ peer: PeerID) {
        nonces.forget(peer)
    }

    /// Judges a token that a peer presents.
    ///
    /// A token with a valid signature uses up the nonce that it carries, accepted or not; one that fails
    /// before that leaves it. The caller gives the peer its next nonce.
    package func verify(
        _ token: String, from peer: PeerID, at now: Date
    ) async -> Result<Attested, AttestationFailure> {
        // One setup for the whole of it: another may come meanwhile.
        let issuers = setup.issuers
        let signed: SignedToken
        do throws(TokenFault) {
            signed = try SignedToken(token)
        } catch {
            return .failure(AttestationFailure(.invalid, error.reason))
        }
        do throws(TokenFault) {
            let issuer = try await Self.confirmed(signed, by: issuers)
            guard let voucher = issuer.voucher(signed.keyID, for: signed.algorithm) else {
                return .failure(AttestationFailure(.invalid, "the key is gone", issuer: issuer.name))
            }
            return judge(signed.claims, of: issuer, voucher, from: peer, at: now)
        } catch {
            let named = signed.claims["iss"]?.string.flatMap { name in issuers.first { $0.isNamed(name) } }
            return .failure(AttestationFailure(.invalid, error.reason, issuer: named?.name))
        }
    }

    /// Everything up to the signature; `nonisolated`, so that it does not hold the actor.
    nonisolated private static func confirmed(
        _ signed: SignedToken, by issuers: [IssuerKeys]
    ) async throws(TokenFault) -> IssuerKeys {
        try await signed.confirmed(by: issuers)
    }

    /// Everything after the signature, in one step.
    private func judge(
        _ claims: [String: JSONValue], of issuer: IssuerKeys, _ voucher: Voucher, from peer: PeerID,
        at now: Date
    ) -> Result<Attested, AttestationFailure> {
        let configuration = setup.configuration
        // First of all, so that whatever is found below, the nonce is gone.
        let use = claims["nonce"]?.string.map { nonces.consume($0, by: peer, at: now) }
        let tokenName = claims["jti"]?.string.map { Self.digest(issuer: issuer.name, tokenID: $0) }

        func failure(_ code: AttestationFailure.Code, _ reason: String) -> Result<
            Attested, AttestationFailure
        > {
            .failure(AttestationFailure(code, reason, issuer: issuer.name))
        }
        if use == .consumed { return failure(.replayed, "the nonce has been used") }
        if let tokenName, tokens.contains(tokenName) { return failure(.replayed, "the jti has been used") }
        do throws(TokenFault) {
            try Self.requireFresh(use)
            try requireRegisteredClaims(TokenClaims(claims: claims, now: now, skew: configuration.clockSkew))
            if claims["jti"] != nil, tokenName == nil { throw TokenFault("jti is not a string") }
            let statement = AgeStatement(
                TokenClaims(claims: claims, now: now, skew: 0).object(at: issuer.claimPath) ?? [:])
            if statement.contradictsItself { throw TokenFault("the age_over claims contradict each other") }

            if let tokenName { tokens.insert(tokenName, at: now) }
            guard let rule = configuration.bands.first(where: { statement.fits($0) }) else {
                return failure(
                    .underage, "the age_over claims, as JSON booleans, prove none of this service's bands")
            }
            return .success(Attested(band: rule.band, voucher: voucher))
        } catch {
            return failure(.invalid, error.reason)
        }
    }

    private static func requireFresh(_ use: NonceRegister.Use?) throws(TokenFault) {
        switch use {
        case .accepted: return
        case .expired: throw TokenFault("the nonce is older than 10 minutes")
        // The same words for both, so that nobody can try which nonces exist.
        case .foreign, .unknown, .consumed: throw TokenFault("nonce is not this peer's current nonce")
        case nil: throw TokenFault("nonce is not a string")
        }
    }

    private func requireRegisteredClaims(_ claims: TokenClaims) throws(TokenFault) {
        let configuration = setup.configuration
        try claims.requireAudience(configuration.audience)
        let expires = try claims.requireUnexpired()
        guard let issued = try claims.issuedAt() else { throw TokenFault("iat is not a number") }
        guard expires >= issued else { throw TokenFault("exp is before iat") }
        guard expires - issued <= configuration.longestTokenLife else {
            throw TokenFault("exp is more than 600 s after iat")
        }
        try claims.requireStarted()
    }

    /// A name of fixed length for a `jti`, which may be long and may mean something to the issuer.
    private static func digest(issuer: String, tokenID: String) -> SHA256Digest {
        var hash = SHA256()
        hash.update(data: Data("\(issuer.utf8.count):\(issuer)".utf8))
        hash.update(data: Data(tokenID.utf8))
        return hash.finalize()
    }
}
