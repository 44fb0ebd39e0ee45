import ReferenceTools
import RelayTypes
import STUNCodec
import Testing

@Suite("Nothing unauthenticated is answered, and nothing traps")
struct STUNHostileTests {
    @Test(
        "wrong or missing credentials",
        arguments: [
            ("another password", Fixture.request(password: "VOkJxbRl1RmTxUk/WvJxBu")),
            ("an empty password", Fixture.request(password: "")),
            ("no MESSAGE-INTEGRITY", Fixture.request(password: nil)),
            ("no FINGERPRINT", Fixture.request(fingerprint: false)),
            ("neither", Fixture.request(password: nil, fingerprint: false)),
            ("no USERNAME", Fixture.request(username: nil)),
            ("an empty USERNAME", Fixture.request(username: "")),
            ("no colon", Fixture.request(username: "evtj")),
            ("no remote fragment", Fixture.request(username: "evtj:")),
            ("another local fragment", Fixture.request(username: "evtk:h6vY")),
            ("a shorter local fragment", Fixture.request(username: "evt:h6vY")),
            ("a longer local fragment", Fixture.request(username: "evtjj:h6vY")),
            ("another remote fragment", Fixture.request(username: "evtj:h6vZ")),
            ("a shorter remote fragment", Fixture.request(username: "evtj:h6v")),
            ("a longer remote fragment", Fixture.request(username: "evtj:h6vYY")),
            ("both the wrong way round", Fixture.request(username: "h6vY:evtj")),
        ])
    func credentials(name: String, request: [UInt8]) {
        #expect(Fixture.answer(request).outcome == .unauthenticated, "\(name)")
    }

    @Test("a server without a password answers nobody")
    func noPassword() {
        let open = ICECredentials(usernameFragment: "evtj", password: "")
        #expect(Fixture.answer(Fixture.request(password: ""), credentials: open).outcome == .unauthenticated)
        #expect(Fixture.answer(Fixture.request(), credentials: open).outcome == .unauthenticated)
    }

    @Test("a wrong FINGERPRINT")
    func fingerprint() {
        var request = Fixture.request()
        request[request.count - 1] ^= 1
        #expect(Fixture.answer(request).outcome == .unauthenticated)
    }

    @Test(
        "what is no binding request is malformed",
        arguments: [
            0x0000, 0x0003, 0x0011, 0x0101, 0x0111, 0x0201, 0x3fff, 0x4001, 0x8001,
        ] as [UInt16])
    func otherTypes(type: UInt16) {
        var message = Message()
        message.type = type
        message.append(0x0006, Array(Fixture.username.utf8))
        message.sign(Fixture.credentials.password)
        message.seal()
        #expect(!STUNServer.isRequest(message.bytes))
        #expect(Fixture.answer(message.bytes).outcome == .malformed)
    }

    @Test(
        "MESSAGE-INTEGRITY and FINGERPRINT have their lengths, or the message is malformed", arguments: 0...40
    )
    func wrongLengths(length: Int) {
        for type in [0x0008, 0x8028] as [UInt16] where length != (type == 0x0008 ? 20 : 4) {
            var message = Message()
            message.append(0x0006, Array(Fixture.username.utf8))
            if type == 0x8028 { message.sign(Fixture.credentials.password) }
            message.append(type, [UInt8](repeating: 0, count: length))
            if type == 0x0008 { message.seal() }
            #expect(Fixture.answer(message.bytes).outcome == .malformed)
        }
        // At the very end, where libnice would read beyond the message.
        var message = Message()
        message.append(0x0006, Array(Fixture.username.utf8))
        message.append(0x0008, [UInt8](repeating: 0, count: length))
        #expect(Fixture.answer(message.bytes).outcome.length == 0)
    }

    @Test("an attribute behind FINGERPRINT makes it malformed")
    func behindFingerprint() {
        var message = Message()
        message.append(0x0006, Array(Fixture.username.utf8))
        message.sign(Fixture.credentials.password)
        message.seal()
        message.append(0x8022, [1, 2, 3, 4])
        #expect(Fixture.answer(message.bytes).outcome == .malformed)
    }

    @Test("a request cut at any length, with the length in its header right or wrong")
    func truncated() {
        var server = STUNServer()
        let request = STUNVectorTests.request
        for length in 0..<request.count {
            let cut = Array(request[..<length])
            #expect(server.answer(cut, tieBreaker: .max).outcome == .malformed, "length \(length)")
            #expect(STUNServer.usernameText(cut) == nil, "length \(length)")
            guard length >= 20 else { continue }
            var patched = cut
            patched.replaceSubrange(2..<4, with: [0, UInt8(length - 20)])
            #expect(server.answer(patched, tieBreaker: .max).outcome.length == 0, "patched, length \(length)")
        }
    }

    @Test("a request with bytes too many is malformed", arguments: 1...24)
    func tooLong(count: Int) {
        let request = Fixture.request() + [UInt8](repeating: 0, count: count)
        #expect(Fixture.answer(request).outcome == .malformed)
    }

    @Test("every flipped bit, as it is and with FINGERPRINT made right")
    func flipped() {
        var server = STUNServer()
        let request = Fixture.request(extra: [(0x0025, []), (0x8022, Array("agent".utf8))])
        #expect(server.answer(request).outcome.length == 64)
        for bit in 0..<(8 * (request.count - 8)) {
            var forged = request
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(server.answer(forged).outcome.length == 0, "bit \(bit)")
            #expect(server.answer(Message.resealed(forged)).outcome.length == 0, "bit \(bit), resealed")
        }
        #expect(server.answer(request).outcome.length == 64)
    }

    @Test("random changes, as they are and with FINGERPRINT made right")
    func mutated() {
        let seed: UInt64 = 5_769
        var random = SplitMix64(seed: seed)
        var server = STUNServer()
        let original = Fixture.request(extra: [(0x0025, []), (0x8022, Array("agent".utf8))])
        for step in 0..<Rounds.of(4_000) {
            var forged = original
            for _ in 0...Int.random(in: 0...5, using: &random) {
                forged[Int.random(in: 0..<(forged.count - 8), using: &random)] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            if step % 3 == 0 {
                forged.removeSubrange(Int.random(in: 20..<forged.count, using: &random)...)
                forged += random.bytes(4 * Int.random(in: 0...20, using: &random))
                forged.removeLast(forged.count % 4)
                forged.replaceSubrange(2..<4, with: .bigEndian(UInt16(forged.count - 20)) as [UInt8])
            }
            let resealed = Message.resealed(forged)
            guard forged != original, resealed != original else { continue }
            let lengths = [server.answer(forged), server.answer(resealed)].map(\.outcome.length)
            if lengths != [0, 0] {
                Issue.record("step \(step), seed \(seed): \(forged.hex)")
                return
            }
            _ = STUNServer.localText(forged)
        }
    }

    @Test("random bytes with a true header")
    func random() {
        let seed: UInt64 = 8_489
        var random = SplitMix64(seed: seed)
        var server = STUNServer()
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        _ = client.request(transactionID: [UInt8](repeating: 7, count: 12))
        for step in 0..<Rounds.of(4_000) {
            let body = random.bytes(Int.random(in: 0...60, using: &random) * 4)
            let rest: [UInt8] =
                .bigEndian(UInt16(body.count)) + Message.cookie + [UInt8](repeating: 7, count: 12) + body
            let request = Message.resealed([0, 1] + rest)
            if server.answer(request).outcome.length != 0 || client.receive([1, 1] + rest) != .ignored
                || client.receive([1, 0x11] + rest) != .ignored
            {
                Issue.record("step \(step), seed \(seed): \(request.hex)")
                return
            }
            _ = server.answer(random.bytes(Int.random(in: 0...60, using: &random)))
        }
    }

    @Test("an error that nobody signed is ignored", arguments: [400, 401, 438, 487])
    func unsignedError(code: Int) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        _ = client.request(transactionID: [UInt8](hex: "b7e7a701bc34d686fa87dfae"))
        var message = Message()
        message.type = 0x0111
        message.append(0x0009, [0, 0, UInt8(code / 100), UInt8(code % 100)])
        message.seal()
        #expect(client.receive(message.bytes) == .ignored)
    }
}
