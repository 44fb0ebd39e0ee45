import RelayTestKit
import RelayTypes
import Testing

@Suite("Two libnice agents on loopback (RFC 8445)")
struct FullICEAgentTests {
    /// What one agent has told.
    struct Told: Sendable {
        var state = FullICEAgent.State.disconnected
        var datagrams: [[UInt8]] = []
    }

    static func agent(controlling: Bool, on address: String, telling told: Monitor<Told>) throws
        -> FullICEAgent
    {
        try FullICEAgent(
            controlling: controlling, localAddresses: [address], consentFreshness: true,
            handlers: .init(
                datagram: { datagram in told.update { $0.datagrams.append(datagram) } },
                state: { state in told.update { $0.state = state } }))
    }

    @Test("connect and exchange datagrams", arguments: ["127.0.0.1", "::1"])
    func connect(address: String) async throws {
        let (leftTold, rightTold) = (Monitor(Told()), Monitor(Told()))
        let left = try Self.agent(controlling: true, on: address, telling: leftTold)
        let right = try Self.agent(controlling: false, on: address, telling: rightTold)
        defer {
            left.stop()
            right.stop()
        }
        #expect(!left.candidates.isEmpty)
        #expect(left.candidates.allSatisfy { $0 == NumericAddress.endpoint(address, port: $0.port) })

        try left.setRemote(credentials: right.credentials, candidates: right.candidates)
        try right.setRemote(credentials: left.credentials, candidates: left.candidates)
        #expect(await leftTold.wait { $0.state == .ready })
        #expect(await rightTold.wait { $0.state == .ready })

        #expect(left.send([1, 2, 3]))
        #expect(right.send([4, 5]))
        #expect(await rightTold.wait { $0.datagrams == [[1, 2, 3]] })
        #expect(await leftTold.wait { $0.datagrams == [[4, 5]] })
    }

    @Test("a wrong password connects nobody")
    func wrongPassword() async throws {
        let (leftTold, rightTold) = (Monitor(Told()), Monitor(Told()))
        let left = try Self.agent(controlling: true, on: "127.0.0.1", telling: leftTold)
        let right = try Self.agent(controlling: false, on: "127.0.0.1", telling: rightTold)
        defer {
            left.stop()
            right.stop()
        }
        let wrong = ICECredentials(
            usernameFragment: right.credentials.usernameFragment, password: "0123456789012345678901")
        try left.setRemote(credentials: wrong, candidates: right.candidates)
        try right.setRemote(
            credentials: ICECredentials(
                usernameFragment: left.credentials.usernameFragment, password: "0123456789012345678901"),
            candidates: left.candidates)
        #expect(await leftTold.wait { $0.state == .failed })
        #expect(leftTold.value.datagrams.isEmpty)
    }
}
