import Foundation
import RelayTypes
import Testing

@testable import Attestation

@Suite("A nonce is good once, for one peer, for 10 minutes (PROTOCOL.md section 4)")
struct NonceTests {
    @Test("32 bytes in base64url, never twice")
    func form() async throws {
        let office = try Office()
        var seen: Set<String> = []
        for _ in 0..<100 {
            let issued = await office.verifier.issueNonce(for: office.peer, at: office.now)
            #expect(Base64URL.decode(issued.nonce.utf8)?.count == 32)
            #expect(issued.expires == office.now.addingTimeInterval(600))
            #expect(seen.insert(issued.nonce).inserted)
        }
    }

    @Test("the same token again is a replay, from whoever it comes")
    func sameToken() async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let token = try office.issuer.token(nonce: nonce, at: office.now)
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).band == "adult")
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).code == .replayed)
        #expect(await office.verifier.verify(token, from: office.other, at: office.now).code == .replayed)
        // A fresh nonce does not make the old token good.
        _ = await office.verifier.issueNonce(for: office.peer, at: office.now)
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).code == .replayed)
    }

    @Test("another peer's nonce is invalid, and is burnt with the token that leaked")
    func otherPeer() async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let own = await office.verifier.issueNonce(for: office.other, at: office.now).nonce
        let token = try office.issuer.token(nonce: nonce, at: office.now)
        #expect(await office.verifier.verify(token, from: office.other, at: office.now).code == .invalid)
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).code == .replayed)
        // Whoever tried keeps a nonce of their own.
        let other = try office.issuer.token(nonce: own, at: office.now)
        #expect(await office.verifier.verify(other, from: office.other, at: office.now).band == "adult")
    }

    @Test("a fresh nonce makes the one before void")
    func void() async throws {
        let office = try Office()
        let first = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let second = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let old = try office.issuer.token(nonce: first, at: office.now)
        #expect(await office.verifier.verify(old, from: office.peer, at: office.now).code == .invalid)
        let new = try office.issuer.token(nonce: second, at: office.now)
        #expect(await office.verifier.verify(new, from: office.peer, at: office.now).band == "adult")
    }

    @Test("a peer that has ended has no nonce")
    func forgotten() async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        await office.verifier.forget(office.peer)
        let token = try office.issuer.token(nonce: nonce, at: office.now)
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).code == .invalid)
    }

    @Test("its last second is the 600th", arguments: [(599.0, "adult"), (600.0, nil)])
    func age(seconds: Double, band: String?) async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let later = office.now.addingTimeInterval(seconds)
        let token = try office.issuer.token(nonce: nonce, at: later)
        #expect(await office.verifier.verify(token, from: office.peer, at: later).band == band)
    }

    @Test("no nonce, or one that is no text, is invalid", arguments: [nil, "7", "null", "\"\"", "[\"a\"]"])
    func missing(nonce: String?) async throws {
        #expect(try await Office().attest(["nonce": nonce]).code == .invalid)
    }

    @Test("of fifty at once with one nonce, exactly one is believed")
    func race() async throws {
        let office = try Office()
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let tokens = try (0..<50).map { _ in try office.issuer.token(nonce: nonce, at: office.now) }
        let codes = await withTaskGroup(of: AttestationFailure.Code?.self) { group in
            for token in tokens {
                group.addTask { await office.verifier.verify(token, from: office.peer, at: office.now).code }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count(where: { $0 == nil }) == 1)
        #expect(codes.count(where: { $0 == .replayed }) == 49)
    }

    @Test("a jti is accepted once")
    func tokenID() async throws {
        let office = try Office()
        #expect(try await office.attest(["jti": "\"one\""]).band == "adult")
        #expect(try await office.attest(["jti": "\"one\""]).code == .replayed)
        #expect(try await office.attest(["jti": "\"one\"", "aud": "\"else\""]).code == .replayed)
        #expect(try await office.attest(["jti": "\"two\""]).band == "adult")
        #expect(try await office.attest(["jti": "\"three\"", "aud": "\"else\""]).code == .invalid)
        #expect(
            try await office.attest(["jti": "\"three\""]).band == "adult", "what was refused was not accepted"
        )
    }

    @Test("a jti belongs to its issuer")
    func tokenIDOfTwo() async throws {
        let second = TestIssuer("https://second.example")
        let office = try Office(more: [second.configuration()])
        #expect(try await office.attest(["jti": "\"one\""]).band == "adult")
        let nonce = await office.verifier.issueNonce(for: office.peer, at: office.now).nonce
        let token = try second.token(nonce: nonce, at: office.now, claims: ["jti": "\"one\""])
        #expect(await office.verifier.verify(token, from: office.peer, at: office.now).band == "adult")
    }

    @Test("memory is bounded by number and by time")
    func memory() {
        let now = Date(timeIntervalSince1970: 0)
        var memory = ReplayMemory<Int>(capacity: 10, lifetime: 60)
        for name in 0..<1_000 { memory.insert(name, at: now) }
        #expect(memory.count == 10)
        #expect(!memory.contains(989))
        #expect((990..<1_000).allSatisfy { memory.contains($0) })
        memory.insert(5_000, at: now.addingTimeInterval(60))
        #expect(memory.count == 1)
        memory.insert(5_000, at: now.addingTimeInterval(60))
        #expect(memory.count == 1)
    }
}
