import RelayTestKit
import Testing

/// Text-only strangers who have been matched.
enum Strangers {
    static func match(port: Int) async throws -> (clients: [SignallingClient], pair: String) {
        var clients: [SignallingClient] = []
        for _ in 0..<2 {
            let client = try await SignallingClient.connect(port: port)
            client.send("hello", ["version": 1])
            _ = try await client.expect("welcome")
            client.send("join", ["media": "text"])
            _ = try await client.expect("queued")
            clients.append(client)
        }
        let pair = try #require(try await clients[0].expect("matched")["pair"]?.string)
        #expect(try await clients[1].expect("matched")["pair"]?.string == pair)
        return (clients, pair)
    }
}
