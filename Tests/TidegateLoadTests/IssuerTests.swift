import Attestation
import Foundation
import RelayTypes
import Testing

@testable import tidegate_load

@Suite("The test issuer, judged by the server's own verifier (PROTOCOL.md section 4)")
struct IssuerTests {
    private let issuer = TestIssuer(expires: .distantFuture)
    private let peer = PeerID("somebody")

    private func verifier() throws -> AgeVerifier {
        try AgeVerifier(
            AttestationConfiguration(
                audience: "tidegate",
                issuers: [IssuerConfiguration(issuer: TestIssuer.defaultName, keys: .json(issuer.jwks))]))
    }

    private func judge(
        _ band: LoadBand = .ours, isExpired: Bool = false, isForged: Bool = false
    ) async throws -> Result<Attested, AttestationFailure> {
        let verifier = try verifier()
        let nonce = await verifier.issueNonce(for: peer, at: .now).nonce
        let token = try issuer.token(
            nonce: nonce, audience: "tidegate", band, tokenID: "1", isExpired: isExpired, isForged: isForged,
            now: .now)
        return await verifier.verify(token, from: peer, at: .now)
    }

    @Test("its tokens prove the two default bands")
    func bands() async throws {
        #expect(try await judge(.ours).get().band == Band("adult"))
        #expect(try await judge(.other).get().band == Band("teen"))
    }

    @Test("an expired and a forged token are refused")
    func cheats() async throws {
        for (expired, forged) in [(true, false), (false, true)] {
            guard case .failure(let failure) = try await judge(isExpired: expired, isForged: forged) else {
                Issue.record("expired \(expired), forged \(forged) was believed")
                continue
            }
            #expect(failure.code == .invalid)
        }
    }

    @Test("its key file gives the same issuer again")
    func file() throws {
        let data = try TestIssuer(name: "urn:x", expires: Date.now.addingTimeInterval(60)).privateFile()
        let again = try TestIssuer(privateFile: data, path: "key")
        #expect(again.name == "urn:x")
        #expect(try TestIssuer(privateFile: again.privateFile(), path: "key").jwks == again.jwks)
    }

    @Test("an expired key and a file that is none are one sentence each")
    func badFiles() throws {
        let old = try TestIssuer(expires: Date.now.addingTimeInterval(-1)).privateFile()
        for (data, word) in [(old, "expired"), (Data("{}".utf8), "is not a key"), (Data(), "is not a key")] {
            let failure = #expect(throws: LoadFailure.self) { try TestIssuer(privateFile: data, path: "key") }
            #expect(failure?.exitStatus == 4)
            #expect(failure?.sentence.contains(word) == true)
        }
    }
}
