import Foundation
import RelayTypes
import Testing

@testable import Attestation

@Suite("A band needs JSON booleans (ISO/IEC 18013-5 §7.2.5)")
struct BandTests {
    /// What a token says beyond the good one, and the band that follows: `nil` is underage.
    static let rows: [(claims: [String: String?], band: String?)] = [
        (["age_over_18": "true"], "adult"),
        (["age_over_18": nil, "age_over_21": "true"], "adult"),
        (["age_over_18": nil, "age_over_65": "true"], "adult"),
        (["age_over_18": "true", "age_over_21": "false"], "adult"),
        (["age_over_18": "false", "age_over_13": "true"], "teen"),
        (["age_over_18": "false", "age_over_16": "true"], "teen"),
        (["age_over_18": nil, "age_over_16": "false", "age_over_13": "true"], "teen"),
        (["age_over_18": nil, "age_over_21": "false", "age_over_13": "true"], nil),
        (["age_over_18": nil, "age_over_13": "true"], nil),
        (["age_over_18": "false"], nil),
        (["age_over_18": "false", "age_over_12": "true"], nil),
        (["age_over_18": nil], nil),
        (["age_over_18": "\"true\""], nil),
        (["age_over_18": "1"], nil),
        (["age_over_18": "null"], nil),
        (["age_over_18": "[true]"], nil),
        (["age_over_18": "{\"value\": true}"], nil),
        (["age_over_18": nil, "age_over_018": "true"], nil),
        (["age_over_18": nil, "age_over_9": "true", "age_over_+1": "true"], nil),
        (["age_over_18": nil, "AGE_OVER_18": "true", "over_18": "true", "age": "30"], nil),
        (["age_over_18": nil, "age": "{\"age_over_18\": true}"], nil),
        (["age_over_18": "\"true\"", "age_over_13": "true"], nil),
    ]

    @Test("each of these proves exactly that", arguments: rows)
    func proves(claims: [String: String?], band: String?) async throws {
        let result = try await Office().attest(claims)
        #expect(result.band == band)
        #expect(result.code == (band == nil ? .underage : nil), "\(result.reason)")
    }

    @Test("the claims may lie deeper, where the issuer's entry says so")
    func claimPath() async throws {
        let office = try Office(claimPath: ["vc", "credentialSubject"])
        let deep = "{\"credentialSubject\": {\"age_over_18\": true}}"
        #expect(try await office.attest(["age_over_18": nil, "vc": deep]).band == "adult")
        #expect(try await office.attest().code == .underage, "at the top they prove nothing then")
        #expect(try await office.attest(["vc": "true"]).code == .underage)
        #expect(try await office.attest(["vc": "[\(deep)]"]).code == .underage)
    }

    @Test("the first rule that fits gives the band, and a rule without a claim fits nobody")
    func order() async throws {
        let office = try Office(bands: [
            BandRule(band: Band("anybody"), ageOver: [:]),
            BandRule(band: Band("senior"), ageOver: [65: true]),
            BandRule(band: Band("adult"), ageOver: [18: true]),
        ])
        #expect(try await office.attest(["age_over_65": "true"]).band == "senior")
        #expect(try await office.attest().band == "adult")
        #expect(try await office.attest(["age_over_18": "false"]).code == .underage)
    }

    @Test("underage has used the nonce up, too")
    func underageConsumes() async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let young = try office.issuer.token(nonce: nonce, at: office.now, claims: ["age_over_18": "false"])
        #expect(await office.verifier.verify(young, from: office.peer, at: office.now).code == .underage)
        let old = try office.issuer.token(nonce: nonce, at: office.now)
        #expect(await office.verifier.verify(old, from: office.peer, at: office.now).code == .replayed)
    }
}
