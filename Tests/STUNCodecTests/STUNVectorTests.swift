import RelayTypes
import STUNCodec
import Testing

@Suite("The sample messages of RFC 5769")
struct STUNVectorTests {
    /// §2.1: controlled, with SOFTWARE, PRIORITY and a user name that needs padding.
    static let request = [UInt8](
        hex: """
            00010058 2112a442 b7e7a701 bc34d686 fa87dfae
            80220010 5354554e 20746573 7420636c 69656e74
            00240004 6e0001ff
            80290008 932ff9b1 51263b36
            00060009 6576746a 3a683676 59202020
            00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
            80280004 e57a3bcf
            """)

    /// §2.2.
    static let responseIPv4 = [UInt8](
        hex: """
            0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
            8022000b 74657374 20766563 746f7220
            00200008 0001a147 e112a643
            00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
            80280004 c07d4c96
            """)

    /// §2.3.
    static let responseIPv6 = [UInt8](
        hex: """
            01010048 2112a442 b7e7a701 bc34d686 fa87dfae
            8022000b 74657374 20766563 746f7220
            00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
            00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
            80280004 c8fb0b4c
            """)

    @Test("the request (§2.1) is answered")
    func answered() throws {
        // The sample claims to be controlled; with the larger tie-breaker the server goes on (RFC 8445
        // §7.3.1.1).
        let (outcome, buffer) = Fixture.answer(Self.request, tieBreaker: .max)
        #expect(outcome == .success(length: outcome.length, useCandidate: false, priority: 0x6e00_01ff))
        let response = Array(buffer[..<outcome.length])
        #expect(response[..<20].hex == "0101002c2112a442b7e7a701bc34d686fa87dfae")
        // The same mapped address as in §2.2.
        let mapped = try #require(Message.attributes(of: response).first { $0.type == 0x0020 })
        #expect(mapped.value.hex == "0001a147e112a643")
    }

    @Test("the request (§2.1) has its user name where it is")
    func username() {
        #expect(STUNServer.isRequest(Self.request))
        #expect(STUNServer.usernameText(Self.request) == "evtj:h6vY")
        #expect(STUNServer.localText(Self.request) == "evtj")
    }

    @Test(
        "the responses (§2.2, §2.3) give the mapped address",
        arguments: [
            (responseIPv4, Endpoint(ipv4: 0xc000_0201, port: 32_853)),
            (
                responseIPv6,
                Endpoint(high: 0x2001_0db8_1234_5678, low: 0x0011_2233_4455_6677, port: 32_853, isIPv6: true)
            ),
        ])
    func mapped(response: [UInt8], endpoint: Endpoint) {
        var client = STUNClient(username: Fixture.username, password: Fixture.credentials.password)
        #expect(client.receive(response) == .ignored, "nothing was asked yet")
        _ = client.request(transactionID: [UInt8](hex: "b7e7a701bc34d686fa87dfae"))
        for index in response.indices {
            var damaged = response
            damaged[index] ^= 0x10
            #expect(client.receive(damaged) == .ignored, "byte \(index)")
        }
        #expect(client.receive(response) == .mapped(endpoint))
        #expect(client.receive(response) == .ignored, "answered already")
    }
}
