/// A JWS in compact form, taken apart but not believed (RFC 7515 §3.1).
struct SignedToken: Sendable {
    /// Longest token that is looked at, in bytes (PROTOCOL.md section 4).
    static let longest = 16_384

    let header: [String: JSONValue]
    /// Not to be believed before ``confirmed(by:)`` has said yes, but for `iss`, which chooses the keys.
    let claims: [String: JSONValue]
    let keyID: String
    let algorithm: SignatureAlgorithm
    let signature: [UInt8]
    /// What was signed: header and payload as they came, with the dot between.
    let signingInput: [UInt8]

    /// Takes a token apart and refuses whatever its header may not say, before any key is touched.
    init(_ text: String) throws(TokenFault) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.longest else { throw TokenFault("the token is longer than 16 KiB") }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts.contains(where: \.isEmpty) else {
            throw TokenFault("the token is not header.payload.signature")
        }
        guard let headerBytes = Base64URL.decode(parts[0]), let claimBytes = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw TokenFault("a part of the token is not base64url without padding") }

        guard let header = JSONValue.read(headerBytes)?.object else {
            throw TokenFault("the header is not a JSON object, or names a member twice")
        }
        // Keys and extensions come from the configuration, never from the token (RFC 8725 §3.10).
        for name in ["crit", "jwk", "jku", "x5u", "x5c"] where header[name] != nil {
            throw TokenFault("the header must not have crit, jwk, jku, x5u or x5c")
        }
        // `none` and `HS*` are not in the list, so they are refused here with everything else (RFC 8725 §3.1).
        guard let name = header["alg"]?.string, let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw TokenFault("the header's alg is not one of ES256, EdDSA, RS256, PS256")
        }
        guard let keyID = header["kid"]?.string, !keyID.isEmpty else {
            throw TokenFault("the header has no kid")
        }
        guard let claims = JSONValue.read(claimBytes)?.object else {
            throw TokenFault("the payload is not a JSON object, or names a member twice")
        }
        self.header = header
        self.claims = claims
        self.keyID = keyID
        self.algorithm = algorithm
        self.signature = signature
        self.signingInput = Array(bytes.prefix(parts[0].count + 1 + parts[1].count))
    }

    /// Finds the issuer by its claim, then checks the signature with that issuer's key of that `kid`.
    ///
    /// - Returns: the issuer, once everything in the token is its word.
    func confirmed(by issuers: [IssuerKeys]) async throws(TokenFault) -> IssuerKeys {
        guard let name = claims["iss"]?.string, let issuer = issuers.first(where: { $0.isNamed(name) }) else {
            throw TokenFault("iss is not a configured issuer")
        }
        guard issuer.algorithms.contains(algorithm) else {
            throw TokenFault("the issuer is not allowed to use this alg")
        }
        guard let key = issuer.key(keyID, for: algorithm) else {
            throw TokenFault("the issuer has no key with this kid for this alg")
        }
        guard await key.confirms(signature, of: signingInput, by: algorithm) else {
            throw TokenFault("the signature is wrong")
        }
        return issuer
    }
}

/// Why a token is not to be believed: a fixed sentence that repeats nothing from it.
struct TokenFault: Error, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

extension String {
    /// Whether both are the same bytes.
    ///
    /// `==` compares texts by canonical equivalence, and names in tokens are compared exactly (RFC 7519
    /// §7.3).
    func isSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
