import Crypto
import Foundation
import RelayTypes

@testable import Attestation

/// An issuer whose keys live as long as the test.
///
/// It signs whatever it is given, well-formed or not.
struct TestIssuer: Sendable {
    enum Signer: Sendable {
        case es256
        case edDSA
        /// HMAC with these bytes as the secret (RFC 7518 §3.2).
        case hs256(secret: [UInt8])
        /// These bytes as the signature.
        case fixed([UInt8])
    }

    let name: String
    let es256 = P256.Signing.PrivateKey()
    let edDSA = Curve25519.Signing.PrivateKey()
    let keyID: String

    init(_ name: String = "https://issuer.example", keyID: String = "ec-1") {
        self.name = name
        self.keyID = keyID
    }

    var x: String { Base64URL.encode(es256.publicKey.rawRepresentation.prefix(32)) }
    var y: String { Base64URL.encode(es256.publicKey.rawRepresentation.suffix(32)) }

    /// The key as a JWK, members as given or replaced.
    func key(_ changes: [String: String?] = [:]) -> String {
        var members = [
            "kty": "\"EC\"", "crv": "\"P-256\"", "kid": "\"\(keyID)\"", "x": "\"\(x)\"", "y": "\"\(y)\"",
        ]
        for (name, value) in changes { members[name] = value }
        return object(members)
    }

    var jwks: String {
        let ed = Base64URL.encode(edDSA.publicKey.rawRepresentation)
        return """
            {"keys": [\(key()), {"kty": "OKP", "crv": "Ed25519", "kid": "ed-1", "x": "\(ed)"},
            {"kty": "EC", "crv": "P-256K", "kid": "other-curve", "x": "AA", "y": "AA"},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, {"kty": "NEW", "kid": "later"}]}
            """
    }

    func configuration(
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.defaults, claimPath: [String] = []
    ) -> IssuerConfiguration {
        IssuerConfiguration(issuer: name, keys: .json(jwks), algorithms: algorithms, claimPath: claimPath)
    }

    /// Claims of a good attestation, as JSON texts.
    func claims(nonce: String, at now: Date, _ changes: [String: String?] = [:]) -> [String: String] {
        let issued = Int(now.timeIntervalSince1970)
        var claims = [
            "iss": "\"\(name)\"", "aud": "\"tidegate\"", "nonce": "\"\(nonce)\"", "iat": "\(issued)",
            "exp": "\(issued + 300)", "sub": "\"somebody\"", "age_over_18": "true",
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    /// A good header, with changes.
    func header(_ changes: [String: String?] = [:]) -> String {
        var members = ["alg": "\"ES256\"", "kid": "\"\(keyID)\"", "typ": "\"JWT\""]
        for (name, value) in changes { members[name] = value }
        return object(members)
    }

    func object(_ members: [String: String]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
            + "}"
    }

    /// Signs these two texts as they are.
    func token(header: String, payload: String, by signer: Signer = .es256) throws -> String {
        let input = Base64URL.encode(header.utf8) + "." + Base64URL.encode(payload.utf8)
        let signature: [UInt8] =
            switch signer {
            case .es256: Array(try es256.signature(for: Data(input.utf8)).rawRepresentation)
            case .edDSA: Array(try edDSA.signature(for: Data(input.utf8)))
            case .hs256(let secret):
                Array(
                    HMAC<SHA256>.authenticationCode(for: Data(input.utf8), using: SymmetricKey(data: secret)))
            case .fixed(let bytes): bytes
            }
        return input + "." + Base64URL.encode(signature)
    }

    /// A token that is good but for the changes.
    func token(
        nonce: String, at now: Date, header: [String: String?] = [:], claims: [String: String?] = [:],
        by signer: Signer = .es256
    ) throws -> String {
        try token(
            header: self.header(header), payload: object(self.claims(nonce: nonce, at: now, claims)),
            by: signer)
    }
}

/// A verifier, its issuer, and two peers with a nonce each.
struct Office {
    let issuer: TestIssuer
    let verifier: AgeVerifier
    let peer = PeerID("anna")
    let other = PeerID("ben")
    let now = Date(timeIntervalSince1970: 1_800_000_000)

    init(
        issuer: TestIssuer = TestIssuer(), algorithms: [SignatureAlgorithm] = SignatureAlgorithm.defaults,
        claimPath: [String] = [], more: [IssuerConfiguration] = [], bands: [BandRule] = BandRule.defaults
    ) throws {
        self.issuer = issuer
        let own = issuer.configuration(algorithms: algorithms, claimPath: claimPath)
        verifier = try AgeVerifier(
            AttestationConfiguration(audience: "tidegate", issuers: [own] + more, bands: bands))
    }

    /// A good token for the peer's current nonce, presented.
    func attest(
        _ claims: [String: String?] = [:], header: [String: String?] = [:],
        by signer: TestIssuer.Signer = .es256
    ) async throws -> Result<Attested, AttestationFailure> {
        let nonce = await verifier.issueNonce(for: peer, at: now).nonce
        let token = try issuer.token(nonce: nonce, at: now, header: header, claims: claims, by: signer)
        return await verifier.verify(token, from: peer, at: now)
    }
}

extension Result where Failure == AttestationFailure {
    /// The code of the failure, or `nil` for success.
    var code: AttestationFailure.Code? {
        if case .failure(let failure) = self { failure.code } else { nil }
    }

    var reason: String {
        if case .failure(let failure) = self { failure.reason } else { "" }
    }
}

extension Result<Attested, AttestationFailure> {
    /// The band's name, or `nil` for failure.
    var band: String? { (try? get())?.band.text }
}
