import Foundation
import FoundationNetworking
import RelayTestKit
import Testing

/// People at a development server.
enum People {
    /// Two text-only strangers who have been matched.
    static func texting(port: Int) async throws -> (SignallingClient, SignallingClient, pair: String) {
        var clients: [SignallingClient] = []
        for _ in 0..<2 {
            let client = try await arrival(port: port)
            client.send("join", ["media": "text"])
            _ = try await client.expect("queued")
            clients.append(client)
        }
        let pair = try #require(try await clients[0].expect("matched")["pair"]?.string)
        #expect(try await clients[1].expect("matched")["pair"]?.string == pair)
        return (clients[0], clients[1], pair)
    }

    /// Somebody who has said hello.
    static func arrival(port: Int) async throws -> SignallingClient {
        let client = try await SignallingClient.connect(port: port)
        client.send("hello", ["version": 1])
        return client
    }

    /// Two who see and hear each other.
    ///
    /// - Parameter token: of an issuer, for a nonce; absent: the development issuer's.
    static func seeing(
        port: Int, token: ((_ nonce: String) throws -> String)? = nil
    ) async throws -> (Visitor, Visitor) {
        var visitors: [Visitor] = []
        for id in [UInt32(1), 2] {
            let visitor = try await Visitor.arrive(port: port, BrowserConfiguration(senderID: id))
            let proof =
                if let token { try token(visitor.nonce) } else {
                    try await Self.token(visitor.nonce, port: port)
                }
            #expect(try await visitor.attest(proof) == "adult")
            try await visitor.join()
            visitors.append(visitor)
        }
        for visitor in visitors {
            try await visitor.meet()
            visitor.accept()
        }
        for visitor in visitors {
            try await visitor.allOpen()
            #expect(await visitor.record.wait { $0.packetCount > 50 })
        }
        return (visitors[0], visitors[1])
    }

    /// What the development issuer attests.
    static func token(_ nonce: String, port: Int) async throws -> String {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/dev/age")))
        request.httpMethod = "POST"
        request.httpBody = Data("{\"nonce\":\"\(nonce)\",\"band\":\"adult\"}".utf8)
        let (body, _) = try await URLSession.shared.data(for: request)
        return try #require(try JSONDecoder().decode(JSONValue.self, from: body)["token"]?.string)
    }

    /// The status that `readyz` answers with.
    static func readiness(port: Int) async throws -> Int {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/readyz"))
        let (_, response) = try await URLSession.shared.data(from: url)
        return (response as? HTTPURLResponse)?.statusCode ?? 0
    }
}
