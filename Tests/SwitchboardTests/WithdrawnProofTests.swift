import Attestation
import Foundation
import MediaControl
import RelayTypes
import Signalling
import Switchboard
import Testing

@Suite("A proof whose issuer or key was taken out of the configuration is void at once")
struct WithdrawnProofTests {
    private func keys(of issuers: DevelopmentIssuer...) throws -> TrustedKeys {
        try AgeVerifier.Setup(
            AttestationConfiguration(audience: Stage.audience, issuers: issuers.map(\.configuration))
        )
        .trustedKeys
    }

    @Test("the gates of a live pair shut and both are told", arguments: ["the issuer", "its key"])
    func pair(without what: String) async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        // The same name and key name, and another key.
        let other =
            what == "its key" ? DevelopmentIssuer() : DevelopmentIssuer(name: "https://issuer.example")
        await stage.switchboard.trust(try keys(of: other))
        let gates = try #require(stage.media.gates)
        for side in Side.allCases {
            for channel in Channel.allCases { #expect(gates[side, channel] == [.ageSelf, .agePartner]) }
        }
        for link in [first.link, second.link] {
            #expect(link.sofar(\.outbound).last?.video == [.ageSelf, .agePartner])
            #expect(link.sofar(\.noticeCode) == ["age_void"])
        }
    }

    @Test("proofs of those who stay count on, with another issuer beside them too")
    func others() async throws {
        let stage = try await Stage()
        defer { stage.close() }
        let (first, second, _) = try await stage.openPair()
        await stage.switchboard.trust(
            try keys(of: DevelopmentIssuer(name: "https://issuer.example"), stage.issuer))
        #expect(stage.media.gates == PairGates(all: []))
        #expect(first.link.all.isEmpty && second.link.all.isEmpty)
    }

    @Test("whoever waits waits as one who has proved nothing; a token that was on its way proves nothing")
    func waiting() async throws {
        let stage = try await Stage { $0.policy.unverified = .lobby }
        defer { stage.close() }
        let first = try await stage.joined(JoinRequest(media: .text), band: "adult")
        await stage.switchboard.trust(try keys(of: DevelopmentIssuer(name: "https://issuer.example")))
        #expect(first.link.sofar(\.noticeCode) == ["age_void"])
        // The verifier still takes this issuer's word, as while a reload is under way.
        await first.say(.nonce)
        let nonce = try #require(
            first.link.sofar { if case .nonce(let nonce, _) = $0 { nonce } else { nil } }.last)
        let token = try stage.issuer.token(
            nonce: nonce, audience: Stage.audience, band: Band("adult"), now: Date())
        await first.say(.attest(token: token))
        #expect(first.link.all.last?.errorCode == .attestationInvalid)

        await stage.switchboard.trust(try keys(of: stage.issuer))
        let second = try await stage.joined(JoinRequest(media: .text), band: "adult")
        #expect(first.link.sofar(\.matchedPair).isEmpty && second.link.sofar(\.matchedPair).isEmpty)
        try await first.attest("adult")
        #expect(await first.link.first(\.matchedPair) == second.link.first(\.matchedPair))
    }
}
