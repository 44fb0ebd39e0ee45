import Crypto
import Foundation
import RelayTypes
import Testing

@testable import Attestation

@Suite("A key file is checked at the start (RFC 7517)")
struct KeySetTests {
    let issuer = TestIssuer()

    private func open(_ keys: IssuerConfiguration.KeySource) throws -> AgeVerifier {
        try AgeVerifier(
            AttestationConfiguration(audience: "tidegate", issuers: [.init(issuer: issuer.name, keys: keys)]))
    }

    @Test("from a file")
    func file() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "jwks-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: url) }
        try issuer.jwks.write(to: url, atomically: true, encoding: .utf8)
        _ = try open(.file(url.path))
    }

    @Test("a file that is not there is named")
    func missing() {
        #expect(throws: AttestationSetupError.unreadableKeys(issuer: issuer.name, file: "/nowhere/keys.json"))
        {
            try open(.file("/nowhere/keys.json"))
        }
    }

    @Test(
        "what is no JWK Set is refused",
        arguments: ["", "[]", "{}", "{\"keys\": {}}", "{\"keys\": [1]}", "not json"])
    func malformed(text: String) {
        #expect { try open(.json(text)) } throws: { error in
            if case .malformedKeys? = error as? AttestationSetupError { true } else { false }
        }
    }

    @Test("a private key is refused: it must stay with the issuer")
    func privateKey() {
        let key = issuer.key(["d": "\"\(Base64URL.encode(issuer.es256.rawRepresentation))\""])
        #expect { try open(.json("{\"keys\": [\(key)]}")) } throws: { error in
            "\(error)".contains("private key")
        }
    }

    @Test("numbers that are no point of the curve are refused")
    func badPoint() {
        for changes in [["y": "\"\(issuer.x)\""], ["x": "\"AAAA\""], ["x": "7"]] {
            let key = issuer.key(changes.mapValues(Optional.some))
            #expect(throws: AttestationSetupError.self) { try open(.json("{\"keys\": [\(key)]}")) }
        }
    }

    @Test("two keys of one kid are refused, for which is meant cannot be told")
    func duplicate() {
        #expect(throws: AttestationSetupError.self) {
            try open(.json("{\"keys\": [\(issuer.key()), \(issuer.key())]}"))
        }
    }

    @Test(
        "keys for other uses are passed over",
        arguments: [
            ["use": "\"enc\""], ["key_ops": "[\"sign\"]"], ["alg": "\"ES384\""], ["kid": nil],
            ["crv": "\"P-384\""],
            ["kty": "\"RSA\""],
        ] as [[String: String?]])
    func unusable(changes: [String: String?]) {
        let wanted = AttestationSetupError.noUsableKey(
            issuer: issuer.name, algorithms: SignatureAlgorithm.defaults)
        #expect(throws: wanted) { try open(.json("{\"keys\": [\(issuer.key(changes))]}")) }
    }

    @Test("two entries for one issuer are refused")
    func twice() {
        #expect(throws: AttestationSetupError.duplicateIssuer(issuer.name)) {
            try AgeVerifier(
                AttestationConfiguration(
                    audience: "tidegate", issuers: [issuer.configuration(), issuer.configuration()]))
        }
    }

    @Test("without an issuer nobody proves anything, and nothing fails")
    func none() async throws {
        let verifier = try AgeVerifier(AttestationConfiguration(audience: "tidegate", issuers: []))
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let nonce = await verifier.issueNonce(for: PeerID("anna"), at: now).nonce
        let token = try issuer.token(nonce: nonce, at: now)
        #expect(await verifier.verify(token, from: PeerID("anna"), at: now).code == .invalid)
    }
}
