import Foundation
import FoundationNetworking
import RelayTestKit

/// One person's signalling (PROTOCOL.md section 2).
final class Person: Sendable {
    let signalling: SignallingClient
    let nonce: String
    let port: Int

    private init(signalling: SignallingClient, nonce: String, port: Int) {
        self.signalling = signalling
        self.nonce = nonce
        self.port = port
    }

    /// Opens the WebSocket and says `hello`.
    static func arrive(port: Int) async throws -> Person {
        let signalling = try await SignallingClient.connect(port: port)
        signalling.send("hello", ["version": 1])
        let welcome = try await signalling.expect("welcome")
        return Person(signalling: signalling, nonce: welcome["nonce"]?.string ?? "", port: port)
    }

    /// Proves to be an adult, by the server's own issuer (development only).
    func attest() async throws {
        guard let url = URL(string: "http://127.0.0.1:\(port)/dev/age") else { return }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = try JSONEncoder().encode(["nonce": nonce, "band": "adult"])
        let (body, _) = try await URLSession.shared.data(for: request)
        let token = try JSONDecoder().decode(JSONValue.self, from: body)["token"]?.string
        signalling.send("attest", ["token": .text(token ?? "")])
        _ = try await signalling.expect("age")
    }

    /// Joins and answers the offer; ICE and DTLS have begun then.
    ///
    /// - Returns: the number of its flow.
    func join(_ table: LegTable, stopsHalfWay: Bool = false) async throws -> Int {
        signalling.send("join")
        let offer = try await signalling.expect("offer")
        let (flow, answer) = try table.answer(offer["sdp"]?.string ?? "", stopsHalfWay: stopsHalfWay)
        signalling.send("answer", ["sdp": .text(answer)])
        return flow
    }

    func connected() async throws { _ = try await signalling.expect("connected") }

    /// Waits for a partner.
    ///
    /// - Returns: the pair.
    func meet() async throws -> String {
        let matched = try await signalling.expect("matched", atMost: 60)
        return matched["pair"]?.string ?? ""
    }

    /// Agrees, and waits until every gate is open both ways.
    func accept(_ pair: String) async throws {
        signalling.send("accept", ["pair": .text(pair)])
        _ = try await signalling.expect("gate", atMost: 60) { message in
            ["inbound", "outbound"]
                .allSatisfy { direction in
                    ["audio", "video"].allSatisfy { message[direction]?[$0]?.elements?.isEmpty == true }
                }
        }
    }
}
