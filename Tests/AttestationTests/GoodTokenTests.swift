import Foundation
import JWTKit
import RelayTypes
import Testing

@testable import Attestation

@Suite("A token that keeps every rule is believed")
struct GoodTokenTests {
    @Test(
        "at the edges of time",
        arguments: [
            ["iat": 0, "exp": 600], ["iat": 60, "exp": 660], ["iat": -300, "exp": -59], ["nbf": 60],
            ["iat": 0.5, "exp": 300.25], ["iat": 0, "exp": 0],
        ] as [[String: Double]])
    func times(offsets: [String: Double]) async throws {
        let office = try Office()
        let now = office.now.timeIntervalSince1970
        let result = try await office.attest(offsets.mapValues { Optional("\(now + $0)") })
        #expect(result.band == "adult", "\(result.reason)")
    }

    @Test("with its audience in a list, unknown claims, and nesting up to the limit")
    func extras() async throws {
        let office = try Office()
        #expect(try await office.attest(["aud": "[\"a\", 1, \"tidegate\"]"]).band == "adult")
        let deep = String(repeating: "[", count: 15) + String(repeating: "]", count: 15)
        #expect(try await office.attest(["deep": deep, "more": "{\"a\": -1.5e-3}"]).band == "adult")
    }

    @Test("signed with EdDSA, by the key of that kid")
    func edDSA() async throws {
        let office = try Office()
        let header: [String: String?] = ["alg": "\"EdDSA\"", "kid": "\"ed-1\""]
        let good = try await office.attest(header: header, by: .edDSA)
        #expect(good.band == "adult", "\(good.reason)")
        #expect(try await office.attest(header: header, by: .es256).code == .invalid)
        let only = try Office(algorithms: [.es256])
        #expect(try await only.attest(header: header, by: .edDSA).reason.contains("not allowed"))
    }

    static let openssl = "/usr/bin/openssl"

    @Test(
        "signed with RSA, where the issuer may, and never under the other RSA name",
        .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)),
        arguments: [SignatureAlgorithm.rs256, .ps256])
    func rsa(algorithm: SignatureAlgorithm) async throws {
        let key = try Self.makeRSAKey(bits: 2_048)
        let issuer = try Self.rsaIssuer(key)
        let verifier = try AgeVerifier(AttestationConfiguration(audience: "tidegate", issuers: [issuer]))
        let peer = PeerID("anna")
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let method = try await Self.method(algorithm, key)
        // Twice in both orders: no check may be remembered under the wrong name.
        for claimed in [algorithm, .rs256, .ps256, algorithm] {
            let nonce = await verifier.issueNonce(for: peer, at: now).nonce
            let input = try TestIssuer("https://rsa.example")
                .token(
                    nonce: nonce, at: now, header: ["alg": "\"\(claimed.rawValue)\"", "kid": "\"rsa-1\""],
                    by: .fixed([0])
                )
                .split(separator: ".").prefix(2).joined(separator: ".")
            let token = input + "." + Base64URL.encode(try method.sign(Data(input.utf8)))
            let result = await verifier.verify(token, from: peer, at: now)
            #expect(result.band == (claimed == algorithm ? "adult" : nil), "\(result.reason)")
        }
    }

    @Test(
        "an RSA key of 1024 bits is refused at the start",
        .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
    func shortRSA() throws {
        let short = try Self.makeRSAKey(bits: 1_024)
        // The key's numbers come from openssl, because jwt-kit will not even read it.
        let modulus = try Self.run(["rsa", "-noout", "-modulus"], input: short).split(separator: "=").last
        let digits = try #require(modulus).trimmingCharacters(in: .whitespacesAndNewlines)
        let bytes = stride(from: 0, to: digits.count, by: 2)
            .compactMap { offset in
                UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
            }
        let set = """
            {"keys": [{"kty": "RSA", "kid": "short", "n": "\(Base64URL.encode(bytes))", "e": "AQAB"}]}
            """
        #expect(throws: AttestationSetupError.self) {
            try AgeVerifier(
                AttestationConfiguration(
                    audience: "tidegate",
                    issuers: [.init(issuer: "https://rsa.example", keys: .json(set), algorithms: [.ps256])]))
        }
    }

    private static func method(
        _ algorithm: SignatureAlgorithm, _ pem: String
    ) async throws -> any JWTAlgorithm {
        let key = try Insecure.RSA.PrivateKey(pem: pem)
        let keys = JWTKeyCollection()
        if algorithm == .rs256 {
            await keys.add(rsa: key, digestAlgorithm: .sha256)
        } else {
            await keys.add(pss: key, digestAlgorithm: .sha256)
        }
        return try await keys.getKey()
    }

    private static func rsaIssuer(_ pem: String) throws -> IssuerConfiguration {
        let (modulus, exponent) = try Insecure.RSA.PrivateKey(pem: pem).publicKey.getKeyPrimitives()
        let n = Base64URL.encode(modulus)
        let e = Base64URL.encode(exponent)
        let set = "{\"keys\": [{\"kty\": \"RSA\", \"kid\": \"rsa-1\", \"n\": \"\(n)\", \"e\": \"\(e)\"}]}"
        return IssuerConfiguration(
            issuer: "https://rsa.example", keys: .json(set), algorithms: [.rs256, .ps256])
    }

    private static func makeRSAKey(bits: Int) throws -> String {
        try run(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"], input: "")
    }

    /// Runs openssl with this on its standard input, and returns its standard output.
    private static func run(_ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: openssl)
        process.arguments = arguments
        let (inbound, outbound) = (Pipe(), Pipe())
        process.standardInput = inbound
        process.standardOutput = outbound
        process.standardError = FileHandle.nullDevice
        try process.run()
        inbound.fileHandleForWriting.write(Data(input.utf8))
        try inbound.fileHandleForWriting.close()
        let output = try outbound.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
