import Foundation
import RelayTypes
import Testing

@testable import Attestation

@Suite("The development issuer attests what it is asked")
struct DevelopmentIssuerTests {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let peer = PeerID("anna")

    @Test("each band, and its tokens go through the same checks", arguments: ["adult", "teen"])
    func bands(name: String) async throws {
        let issuer = DevelopmentIssuer()
        let verifier = try AgeVerifier(
            AttestationConfiguration(audience: "tidegate", issuers: [issuer.configuration]))
        let nonce = await verifier.issueNonce(for: peer, at: now).nonce
        let token = try issuer.token(nonce: nonce, audience: "tidegate", band: Band(name), now: now)
        #expect(await verifier.verify(token, from: peer, at: now).band == name)
        #expect(await verifier.verify(token, from: peer, at: now).code == .replayed)
    }

    @Test("a band that there is no rule for is refused")
    func unknown() {
        #expect(throws: AttestationSetupError.unknownBand("elder")) {
            try DevelopmentIssuer().token(nonce: "n", audience: "a", band: Band("elder"), now: now)
        }
    }

    @Test("another server's development issuer is not believed")
    func otherServer() async throws {
        let verifier = try AgeVerifier(
            AttestationConfiguration(audience: "tidegate", issuers: [DevelopmentIssuer().configuration]))
        let nonce = await verifier.issueNonce(for: peer, at: now).nonce
        let token = try DevelopmentIssuer()
            .token(
                nonce: nonce, audience: "tidegate", band: Band("adult"), now: now)
        #expect(await verifier.verify(token, from: peer, at: now).reason.contains("signature"))
    }

    @Test(
        "what it is given cannot add claims",
        arguments: ["a\",\"age_over_21\":true,\"x\":\"", "\\", "\n\u{1}"])
    func injection(nonce: String) throws {
        let token = try DevelopmentIssuer()
            .token(nonce: nonce, audience: "tidegate", ageOver: [13: true], now: now)
        let claims = try SignedToken(token).claims
        #expect(claims["nonce"] == .string(nonce))
        #expect(claims["age_over_21"] == nil)
        #expect(claims["age_over_13"] == .bool(true))
    }
}

@Suite("An identity token names somebody (PROTOCOL.md section 2.1)")
struct IdentityVerifierTests {
    let issuer = TestIssuer("https://accounts.example")
    let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func verify(_ claims: [String: String?]) async throws -> String? {
        let verifier = try IdentityVerifier(
            IdentityConfiguration(audience: "tidegate", issuer: issuer.configuration()))
        let token = try issuer.token(nonce: "unused", at: now, claims: claims)
        return try? await verifier.verify(token, at: now).get()
    }

    @Test("by its sub, for as long as it has not expired, as often as one likes")
    func subject() async throws {
        #expect(try await verify([:]) == "somebody")
        #expect(try await verify(["exp": "1800086400", "iat": nil]) == "somebody")
    }

    @Test(
        "and by nothing else",
        arguments: [
            ["sub": nil], ["sub": "7"], ["sub": "\"\""], ["sub": "\"\(String(repeating: "x", count: 256))\""],
            ["aud": "\"other\""], ["exp": "1799999940"], ["exp": nil], ["iat": "1800000061"],
            ["nbf": "1800000061"], ["iss": "\"https://issuer.example\""],
        ] as [[String: String?]])
    func refused(claims: [String: String?]) async throws {
        #expect(try await verify(claims) == nil)
    }

    @Test("a forged one is refused")
    func forged() async throws {
        let verifier = try IdentityVerifier(
            IdentityConfiguration(audience: "tidegate", issuer: issuer.configuration()))
        let token = try TestIssuer("https://accounts.example").token(nonce: "", at: now)
        #expect(
            await verifier.verify(token, at: now)
                == .failure(IdentityFailure(reason: "the signature is wrong")))
    }
}
