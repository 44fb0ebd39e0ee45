import Crypto
import Foundation
import RelayTypes
import Testing

@testable import Attestation

/// One token that must not be believed.
struct WrongToken: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What the reason must say, so that a row fails for the reason that it is about.
    let reason: String
    /// The token, from its issuer and the peer's nonce.
    let make: @Sendable (_ issuer: TestIssuer, _ nonce: String, _ now: Date) throws -> String

    init(
        _ name: String, _ reason: String,
        _ make: @escaping @Sendable (_ issuer: TestIssuer, _ nonce: String, _ now: Date) throws -> String
    ) {
        testDescription = name
        self.reason = reason
        self.make = make
    }

    /// Good but for its header.
    static func header(_ name: String, _ reason: String, _ changes: [String: String?]) -> WrongToken {
        WrongToken(name, reason) { try $0.token(nonce: $1, at: $2, header: changes) }
    }

    /// Good but for its claims.
    static func claims(_ name: String, _ reason: String, _ changes: [String: String?]) -> WrongToken {
        WrongToken(name, reason) { try $0.token(nonce: $1, at: $2, claims: changes) }
    }

    /// Good but for one time, in seconds from now.
    static func time(_ name: String, _ reason: String, _ times: [String: Double]) -> WrongToken {
        WrongToken(name, reason) { issuer, nonce, now in
            let changes = times.mapValues { Optional("\(now.timeIntervalSince1970 + $0)") }
            return try issuer.token(nonce: nonce, at: now, claims: changes)
        }
    }
}

extension WrongToken {
    static let shapes = [
        WrongToken("empty", "not header.payload.signature") { _, _, _ in "" },
        WrongToken("two parts", "not header.payload.signature") { _, _, _ in "e30.e30" },
        WrongToken("four parts", "not header.payload.signature") { try $0.token(nonce: $1, at: $2) + ".e30" },
        WrongToken("five parts, as a JWE has", "not header.payload.signature") { _, _, _ in "a.b.c.d.e" },
        WrongToken("without a signature", "not header.payload.signature") { issuer, nonce, now in
            let token = try issuer.token(nonce: nonce, at: now)
            return token.split(separator: ".").prefix(2).joined(separator: ".") + "."
        },
        WrongToken("longer than 16 KiB", "longer than 16 KiB") { issuer, nonce, now in
            let padding = "\"" + String(repeating: "x", count: 16_384) + "\""
            return try issuer.token(nonce: nonce, at: now, claims: ["padding": padding])
        },
        WrongToken("a megabyte of dots", "longer than 16 KiB") { _, _, _ in
            String(repeating: ".", count: 1 << 20)
        },
        WrongToken("padding", "base64url") { try $0.token(nonce: $1, at: $2) + "=" },
        WrongToken("the other alphabet of base64", "base64url") { _, _, _ in "e30.e3+/.AAAA" },
        WrongToken("a space in front", "base64url") { " " + (try $0.token(nonce: $1, at: $2)) },
        WrongToken("a last character with bits that mean nothing", "base64url") { issuer, nonce, now in
            // 64 bytes are 85 full characters and one of which 4 bits count: B spells what A spells.
            let zeros = try issuer.token(
                nonce: nonce, at: now, by: .fixed([UInt8](repeating: 0, count: 64)))
            return zeros.dropLast() + "B"
        },
        WrongToken("a header that is not JSON", "header is not a JSON object") {
            try $0.token(header: "alg: ES256", payload: $0.object($0.claims(nonce: $1, at: $2)))
        },
        WrongToken("a header that is a list", "header is not a JSON object") {
            try $0.token(header: "[]", payload: $0.object($0.claims(nonce: $1, at: $2)))
        },
        WrongToken("a header with two algs", "names a member twice") {
            try $0.token(
                header: "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"ec-1\"}",
                payload: $0.object($0.claims(nonce: $1, at: $2)))
        },
        WrongToken("a payload that is not JSON", "payload is not a JSON object") { issuer, _, _ in
            try issuer.token(header: issuer.header(), payload: "age_over_18")
        },
        WrongToken("a payload that says its age twice", "names a member twice") { issuer, nonce, now in
            let good = issuer.object(issuer.claims(nonce: nonce, at: now))
            return try issuer.token(
                header: issuer.header(), payload: good.dropLast() + ",\"age_over_18\":false}")
        },
        WrongToken("the same, with one name escaped", "names a member twice") { issuer, nonce, now in
            let good = issuer.object(issuer.claims(nonce: nonce, at: now))
            return try issuer.token(
                header: issuer.header(), payload: good.dropLast() + ",\"\\u0061ge_over_18\":false}")
        },
        WrongToken("bytes that are not UTF-8", "payload is not a JSON object") { issuer, _, _ in
            let header = Base64URL.encode(issuer.header().utf8)
            return header + "." + Base64URL.encode([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) + ".AAAA"
        },
        WrongToken("a nesting bomb of lists", "payload is not a JSON object") { issuer, _, _ in
            let bomb = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
            return try issuer.token(header: issuer.header(), payload: "{\"a\":\(bomb)}")
        },
        WrongToken("a nesting bomb of objects in the header", "header is not a JSON object") { issuer, _, _ in
            try issuer.token(header: String(repeating: "{\"a\":", count: 2_000), payload: "{}")
        },
    ]

    static let headers: [WrongToken] = [
        .header("no kid", "no kid", ["kid": nil]),
        .header("an empty kid", "no kid", ["kid": "\"\""]),
        .header("a number for a kid", "no kid", ["kid": "1"]),
        .header("a kid of no key", "no key with this kid", ["kid": "\"ec-2\""]),
        .header("a kid of a shared secret", "no key with this kid", ["kid": "\"shared\""]),
        .header("the kid of a key for another algorithm", "no key with this kid", ["kid": "\"ed-1\""]),
        .header("no alg", "alg is not one of", ["alg": nil]),
        .header("an algorithm that nobody has", "alg is not one of", ["alg": "\"ES256K\""]),
        .header("an algorithm of the family", "alg is not one of", ["alg": "\"ES384\""]),
        .header("an algorithm in small letters", "alg is not one of", ["alg": "\"es256\""]),
        .header("an algorithm that the issuer may not use", "not allowed", ["alg": "\"RS256\""]),
        .header("EdDSA with a key for ES256", "no key with this kid", ["alg": "\"EdDSA\""]),
    ]

    static let unsigned: [WrongToken] = ["none", "None", "NONE", "nOnE", ""]
        .map { name in
            WrongToken("alg '\(name)' with some signature", "alg is not one of") { issuer, nonce, now in
                try issuer.token(nonce: nonce, at: now, header: ["alg": "\"\(name)\""], by: .fixed([0]))
            }
        }

    static let confused: [WrongToken] = ["HS256", "HS384", "HS512"]
        .map { name in
            WrongToken("\(name) with the public key as the secret", "alg is not one of") {
                issuer, nonce, now in
                let secret = Array(issuer.es256.publicKey.pemRepresentation.utf8)
                return try issuer.token(
                    nonce: nonce, at: now, header: ["alg": "\"\(name)\""], by: .hs256(secret: secret))
            }
        }

    static let embedded: [WrongToken] = ["crit", "jwk", "jku", "x5u", "x5c"]
        .map { name in
            WrongToken("\(name) in the header", "must not have crit, jwk, jku, x5u or x5c") {
                issuer, nonce, now in
                let value = name == "crit" ? "[\"exp\"]" : "\"https://evil.example\""
                return try issuer.token(nonce: nonce, at: now, header: [name: value])
            }
        }

    static let signatures = [
        WrongToken("another key's signature", "signature is wrong") { _, nonce, now in
            try TestIssuer().token(nonce: nonce, at: now)
        },
        WrongToken("a key of the attacker's in the header", "must not have") { _, nonce, now in
            let attacker = TestIssuer()
            return try attacker.token(nonce: nonce, at: now, header: ["jwk": attacker.key()])
        },
        WrongToken("an HMAC under ES256", "signature is wrong") { issuer, nonce, now in
            let secret = Array(issuer.es256.publicKey.rawRepresentation)
            return try issuer.token(nonce: nonce, at: now, by: .hs256(secret: secret))
        },
        WrongToken("a signature of zeros (CVE-2022-21449)", "signature is wrong") {
            try $0.token(nonce: $1, at: $2, by: .fixed([UInt8](repeating: 0, count: 64)))
        },
        WrongToken("a signature in DER", "signature is wrong") { issuer, nonce, now in
            let token = try issuer.token(nonce: nonce, at: now)
            let input = token.split(separator: ".").prefix(2).joined(separator: ".")
            let signature = try issuer.es256.signature(for: Data(input.utf8)).derRepresentation
            return input + "." + Base64URL.encode(signature)
        },
        WrongToken("one bit of the signature", "signature is wrong") { issuer, nonce, now in
            let parts = try issuer.token(nonce: nonce, at: now).split(separator: ".")
            var signature = try #require(Base64URL.decode(parts[2].utf8))
            signature[40] ^= 1
            return parts[0] + "." + parts[1] + "." + Base64URL.encode(signature)
        },
        WrongToken("a claim that was changed after signing", "signature is wrong") { issuer, nonce, now in
            let teen = try issuer.token(
                nonce: nonce, at: now, claims: ["age_over_18": "false", "age_over_13": "true"])
            let adult = try issuer.token(nonce: nonce, at: now)
            let signature = try #require(teen.split(separator: ".").last)
            return adult.split(separator: ".").prefix(2).joined(separator: ".") + "." + signature
        },
        WrongToken("no iss", "iss is not a configured issuer") {
            try $0.token(nonce: $1, at: $2, claims: ["iss": nil])
        },
        .claims("an issuer that nobody configured", "iss is not", ["iss": "\"https://issuer.example/\""]),
        .claims("a list of issuers", "iss is not", ["iss": "[\"https://issuer.example\"]"]),
    ]

    static let registered: [WrongToken] = [
        .claims("no aud", "aud does not", ["aud": nil]),
        .claims("another service's aud", "aud does not", ["aud": "\"tidegate2\""]),
        .claims("an aud in other letters", "aud does not", ["aud": "\"Tidegate\""]),
        .claims("a list without this audience", "aud does not", ["aud": "[\"one\", \"two\"]"]),
        .claims("a list in a list", "aud does not", ["aud": "[[\"tidegate\"]]"]),
        .claims("a number for aud", "aud does not", ["aud": "1"]),
        .claims("an object for aud", "aud does not", ["aud": "{\"tidegate\": true}"]),
        .claims("no iat", "iat is not a number", ["iat": nil]),
        .claims("a text for iat", "iat is not a number", ["iat": "\"1800000000\""]),
        .claims("no exp", "exp is not a number", ["exp": nil]),
        .claims("a text for exp", "exp is not a number", ["exp": "\"1800000300\""]),
        .claims("true for exp", "exp is not a number", ["exp": "true"]),
        .claims("an exp beyond every number", "exp is more than 600 s after iat", ["exp": "1e300"]),
        .claims("a text for nbf", "nbf is not a number", ["nbf": "\"0\""]),
        .claims("a number for jti", "jti is not a string", ["jti": "7"]),
        .time("expired, skew and all", "exp has passed", ["iat": -300, "exp": -60]),
        .time("issued in the future", "iat is in the future", ["iat": 61, "exp": 300]),
        .time("not yet", "nbf has not come", ["nbf": 61]),
        .time("lives for longer than 600 s", "exp is more than 600 s after iat", ["iat": 0, "exp": 601]),
        .time("expires before it was issued", "exp is before iat", ["iat": 50, "exp": 10]),
        .claims("ages that contradict each other", "contradict", ["age_over_16": "false"]),
    ]
}

@Suite("A token that is not to be believed proves nothing (PROTOCOL.md section 4)")
struct WrongTokenTests {
    @Test(
        "what fails before the signature leaves the nonce",
        arguments: WrongToken.shapes + WrongToken.headers + WrongToken.unsigned + WrongToken.confused
            + WrongToken.embedded + WrongToken.signatures)
    func leavesNonce(row: WrongToken) async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let wrong = try row.make(office.issuer, nonce, office.now)
        let result = await office.verifier.verify(wrong, from: office.peer, at: office.now)
        #expect(result.code == .invalid)
        #expect(result.reason.contains(row.reason), "\(result.reason)")

        let good = try office.issuer.token(nonce: nonce, at: office.now)
        let after = await office.verifier.verify(good, from: office.peer, at: office.now)
        #expect(after.band == "adult", "\(after.reason)")
    }

    @Test("what fails after the signature has used the nonce up", arguments: WrongToken.registered)
    func usesNonce(row: WrongToken) async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let wrong = try row.make(office.issuer, nonce, office.now)
        let result = await office.verifier.verify(wrong, from: office.peer, at: office.now)
        #expect(result.code == .invalid)
        #expect(result.reason.contains(row.reason), "\(result.reason)")

        let good = try office.issuer.token(nonce: nonce, at: office.now)
        let after = await office.verifier.verify(good, from: office.peer, at: office.now)
        #expect(after.code == .replayed)
    }

    @Test("an issuer's key cannot speak for another issuer")
    func otherIssuer() async throws {
        let second = TestIssuer("https://second.example", keyID: "second")
        let office = try Office(more: [second.configuration()])
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let posing = try second.token(
            nonce: nonce, at: office.now, claims: ["iss": "\"\(office.issuer.name)\""])
        let result = await office.verifier.verify(posing, from: office.peer, at: office.now)
        #expect(result.reason.contains("no key with this kid"))

        // The same with the victim's kid in the header.
        let kid = try second.token(
            nonce: nonce, at: office.now, header: ["kid": "\"ec-1\""],
            claims: ["iss": "\"\(office.issuer.name)\""])
        let other = await office.verifier.verify(kid, from: office.peer, at: office.now)
        #expect(other.reason.contains("signature is wrong"))
    }

    @Test("names are compared byte by byte, not by looks")
    func exactNames() async throws {
        let office = try Office(issuer: TestIssuer("https://caf\u{e9}.example"))
        #expect(try await office.attest().band == "adult")
        let result = try await office.attest(["iss": "\"https://cafe\u{301}.example\""])
        #expect(result.reason.contains("iss is not"))
    }

    @Test("a reason repeats nothing from the token")
    func reasonsAreFixed() async throws {
        let office = try Office()
        let secret = "do-not-repeat-me"
        let rows: [[String: String?]] = [
            ["aud": "\"\(secret)\""], ["exp": "\"\(secret)\""], ["nonce": "\"\(secret)\""],
            ["iss": "\"\(secret)\""],
        ]
        for claims in rows {
            let result = try await office.attest(claims)
            #expect(result.code == .invalid)
            #expect(!result.reason.contains(secret))
        }
        let result = try await office.attest(header: ["alg": "\"\(secret)\""])
        #expect(!result.reason.contains(secret))
    }
}
