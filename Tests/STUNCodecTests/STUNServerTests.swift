import RelayTypes
import STUNCodec
import Testing

@Suite("Authenticated checks are answered (RFC 8445 §7.3, RFC 8489 §9.1)")
struct STUNServerTests {
    static let endpoints = [
        Endpoint(ipv4: 0x7f00_0001, port: 1), Endpoint(ipv4: 0xffff_ffff, port: 65_535),
        Endpoint(high: 0x2001_0db8_0000_0000, low: 1, port: 443, isIPv6: true),
        Endpoint(high: .max, low: .max, port: 65_535, isIPv6: true),
        Endpoint(high: 0, low: 0xffff_c000_0201, port: 9, isIPv6: true),  // An IPv4-mapped one.
    ]

    @Test("a client learns the address that the server saw", arguments: endpoints)
    func mapped(endpoint: Endpoint) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        let (outcome, buffer) = Fixture.answer(client.request(), from: endpoint)
        #expect(client.receive(Array(buffer[..<outcome.length])) == .mapped(endpoint))
    }

    @Test(
        "a nomination and the priority are told", arguments: [true, false], [0, 1, 0x6e00_01ff, UInt32.max])
    func nomination(useCandidate: Bool, priority: UInt32) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        let check = STUNClient.Check(priority: priority, useCandidate: useCandidate)
        let (outcome, _) = Fixture.answer(client.request(check))
        #expect(outcome == .success(length: 64, useCandidate: useCandidate, priority: priority))
    }

    @Test("a response is whole, signed, sealed, and nothing else", arguments: endpoints)
    func response(endpoint: Endpoint) throws {
        let request = Fixture.request()
        let (outcome, buffer) = Fixture.answer(request, from: endpoint)
        let response = Array(buffer[..<outcome.length])
        #expect(response[..<2].hex == "0101")
        #expect(response[4..<20] == request[4..<20])
        let attributes = Message.attributes(of: response)
        // RFC 8489 §9.1.3: no USERNAME in a response.
        #expect(attributes.map(\.type) == [0x0020, 0x0008, 0x8028])
        #expect(outcome.length == (endpoint.isIPv6 ? 76 : 64))

        var expected = Message(type: 0x0101, transaction: Array(request[8..<20]))
        let cookie: [UInt8] = Message.cookie + Array(request[8..<20])
        let all: [UInt8] = .bigEndian(endpoint.high) + .bigEndian(endpoint.low)
        let port: [UInt8] = .bigEndian(endpoint.port ^ 0x2112)
        let masked = zip(all.prefix(endpoint.isIPv6 ? 16 : 4), cookie).map { $0 ^ $1 }
        expected.append(0x0020, [0, endpoint.isIPv6 ? 2 : 1] + port + masked)
        expected.sign(Fixture.credentials.password)
        expected.seal()
        #expect(response == expected.bytes)
    }

    @Test("responses carry nothing of what was in the buffer, and end where they say")
    func noRemains() {
        let conflict = Fixture.request(extra: [(0x8029, .bigEndian(UInt64(5)))])
        let unknown = Fixture.request(extra: [(0x0077, [1, 2, 3])])
        for request in [Fixture.request(), conflict, unknown] {
            let (outcome, one) = Fixture.answer(request, poison: 0x00)
            let (_, other) = Fixture.answer(request, poison: 0xff)
            #expect(outcome.length > 0)
            #expect(one[..<outcome.length] == other[..<outcome.length])
            #expect(one[outcome.length...].allSatisfy { $0 == 0x00 })
            #expect(other[outcome.length...].allSatisfy { $0 == 0xff })
        }
    }

    @Test(
        "two controlled agents: the smaller tie-breaker refuses with 487 (RFC 8445 §7.3.1.1)",
        arguments: [
            (0, 1, true), (0, UInt64.max, true), (5, 6, true), (6, 6, false), (7, 6, false), (0, 0, false),
        ] as [(UInt64, UInt64, Bool)])
    func roleConflict(ours: UInt64, theirs: UInt64, refused: Bool) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        let check = STUNClient.Check(isControlling: false, tieBreaker: theirs)
        let (outcome, buffer) = Fixture.answer(client.request(check), tieBreaker: ours)
        let response = client.receive(Array(buffer[..<outcome.length]))
        if refused {
            #expect(outcome == .refusal(length: outcome.length))
            #expect(response == .error(487))
        } else {
            #expect(response == .mapped(Fixture.endpoint))
        }
    }

    @Test("a controlling browser is never in conflict", arguments: [0, 1, UInt64.max])
    func controlling(tieBreaker: UInt64) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        let (outcome, buffer) = Fixture.answer(client.request(.init(tieBreaker: tieBreaker)), tieBreaker: 1)
        #expect(client.receive(Array(buffer[..<outcome.length])) == .mapped(Fixture.endpoint))
    }

    @Test("an attribute that must be understood and is not is refused with 420, and named")
    func unknownAttribute() throws {
        let request = Fixture.request(extra: [(0x0077, [1]), (0x8077, [2]), (0x7fff, [])])
        let (outcome, buffer) = Fixture.answer(request)
        #expect(outcome == .refusal(length: outcome.length))
        let attributes = Message.attributes(of: Array(buffer[..<outcome.length]))
        #expect(attributes.map(\.type) == [0x0009, 0x000a, 0x0008, 0x8028])
        #expect(attributes[0].value[..<4] == [0, 0, 4, 20])
        #expect(attributes[1].value == [0x00, 0x77, 0x7f, 0xff])
    }

    @Test("an unknown attribute in an unauthenticated request is not answered")
    func unknownUnauthenticated() {
        let request = Fixture.request(password: "another password for it", extra: [(0x0077, [1])])
        #expect(Fixture.answer(request).outcome == .unauthenticated)
    }

    @Test("a 420 that does not fit is not sent")
    func unknownTooMany() {
        let many = (0..<300).map { (UInt16(0x1000 + $0), [UInt8]()) }
        for room in [STUNServer.responseLength, 512, 1_500] {
            let (outcome, buffer) = Fixture.answer(Fixture.request(extra: many), room: room)
            #expect(outcome == .malformed || outcome == .refusal(length: outcome.length))
            #expect(outcome.length <= room)
            #expect(buffer[max(outcome.length, room - 3)...].allSatisfy { $0 == 0xa5 })
        }
    }

    @Test("unknown attributes that need not be understood are passed over")
    func optional() {
        let request = Fixture.request(extra: [
            (0xc057, [0, 1, 0, 2]), (0x8022, Array("agent".utf8)), (0xffff, []),
        ])
        #expect(Fixture.answer(request).outcome.length == 64)
    }

    @Test("what stands behind MESSAGE-INTEGRITY is passed over (RFC 8489 §14.5)")
    func behindIntegrity() {
        // Nobody has signed them: neither the nomination nor the demand may count.
        let request = Fixture.request(behind: [
            (0x0025, []), (0x0077, [1]), (0x001c, [UInt8](repeating: 1, count: 32)),
        ])
        let (outcome, _) = Fixture.answer(request)
        #expect(outcome == .success(length: 64, useCandidate: false, priority: 0x6e00_01ff))
    }

    @Test("a request without a priority is answered")
    func noPriority() {
        var message = Message()
        message.append(0x0006, Array(Fixture.username.utf8))
        message.sign(Fixture.credentials.password)
        message.seal()
        #expect(
            Fixture.answer(message.bytes).outcome == .success(length: 64, useCandidate: false, priority: nil))
    }

    @Test("before the browser's answer is read, any remote fragment will do; after that, only its own")
    func remoteFragment() {
        let request = Fixture.request(username: "evtj:anyone")
        #expect(Fixture.answer(request, remote: nil).outcome.length == 64)
        #expect(Fixture.answer(request).outcome == .unauthenticated)
    }

    @Test("one server answers for ever")
    func doesNotRunOut() {
        var server = STUNServer()
        let request = Fixture.request()
        let conflict = Fixture.request(extra: [(0x8029, .bigEndian(UInt64(5)))])
        let unknown = Fixture.request(extra: [(0x0077, [1])])
        for round in 0..<2_000 {
            let lengths = [request, conflict, unknown].map { server.answer($0).outcome.length }
            if !lengths.allSatisfy({ $0 > 0 }) {
                Issue.record("round \(round): \(lengths)")
                return
            }
        }
    }

    @Test("one client asks for ever, whether it is answered or not")
    func clientDoesNotRunOut() {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        for round in 0..<1_000 {
            let request = client.request()
            #expect(request.count > 20, "round \(round)")
            guard round % 7 == 0 else { continue }
            let (outcome, buffer) = Fixture.answer(request)
            #expect(client.receive(Array(buffer[..<outcome.length])) == .mapped(Fixture.endpoint))
        }
    }
}
