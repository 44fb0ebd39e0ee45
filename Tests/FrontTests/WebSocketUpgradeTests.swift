import RelayTestKit
import Signalling
import Testing

@testable import Front

@Suite("Only a signalling client of an allowed origin is upgraded")
struct WebSocketUpgradeTests {
    private static func facts(_ change: (inout WebSocketUpgrade.Facts) -> Void) -> WebSocketUpgrade.Facts {
        var facts = WebSocketUpgrade.Facts(
            method: "GET", hosts: ["chat.example:8443"], origins: [], subprotocols: ["tidegate.v1"],
            upgrades: ["websocket"], versions: ["13"], keys: ["dGhlIHNhbXBsZSBub25jZQ=="])
        change(&facts)
        return facts
    }

    private func status(_ facts: WebSocketUpgrade.Facts) -> Int {
        let upgrade = WebSocketUpgrade(origins: ["https://partner.example"])
        switch upgrade.verdict(on: facts) {
        case .upgrade: return 101
        case .refuse(let status, _, _): return status
        }
    }

    @Test(
        "the origin, where there is one, is the server's own or a configured one",
        arguments: [
            ([], 101), (["https://chat.example:8443"], 101), (["http://chat.example:8443"], 101),
            (["HTTPS://CHAT.example:8443"], 101), (["https://partner.example"], 101),
            (["https://Partner.Example"], 101), (["http://partner.example"], 403), (["null"], 403),
            ([""], 403),
            (["https://chat.example"], 403), (["https://chat.example:8443.evil.example"], 403),
            (["https://evil.example"], 403), (["chat.example:8443"], 403), (["ftp://chat.example:8443"], 403),
            (["https://chat.example:8443", "https://chat.example:8443"], 403), (["https://"], 403),
        ] as [([String], Int)])
    func origins(origins: [String], expected: Int) {
        #expect(status(Self.facts { $0.origins = origins }) == expected)
    }

    @Test(
        "the subprotocol must be offered",
        arguments: [
            (["tidegate.v1"], 101), (["chat, tidegate.v1"], 101), (["chat", "tidegate.v1"], 101),
            ([" tidegate.v1 ,x"], 101), ([], 400), ([""], 400), (["tidegate.v2"], 400),
            (["tidegate.v11"], 400),
            (["Tidegate.v1"], 400),
        ] as [([String], Int)])
    func subprotocols(offered: [String], expected: Int) {
        #expect(status(Self.facts { $0.subprotocols = offered }) == expected)
    }

    @Test("method, upgrade, version, key and host must be what RFC 6455 §4.1 says")
    func handshake() {
        #expect(status(Self.facts { $0.method = "POST" }) == 405)
        #expect(status(Self.facts { $0.upgrades = [] }) == 426)
        #expect(status(Self.facts { $0.upgrades = ["h2c, WebSocket"] }) == 101)
        #expect(status(Self.facts { $0.versions = ["8"] }) == 426)
        #expect(status(Self.facts { $0.versions = [] }) == 426)
        #expect(status(Self.facts { $0.keys = [] }) == 400)
        #expect(status(Self.facts { $0.hosts = [] }) == 400)
        #expect(status(Self.facts { $0.hosts = ["a", "b"] }) == 400)
    }
}

@Suite("The upgrade over a real connection")
struct UpgradeOverTheWireTests {
    private func refusal(_ opening: SignallingClient.Opening) async throws -> Int? {
        var status: Int?
        try await withServer(StubControl()) { port in
            do {
                let client = try await SignallingClient.connect(port: port, opening)
                client.abort()
                status = 101
            } catch SignallingClient.Failure.refused(let refused, let body) {
                status = refused
                #expect(body.hasPrefix("{\"error\":{\"code\":"))
            }
        }
        return status
    }

    @Test("a well-behaved client gets in")
    func accepted() async throws {
        #expect(try await refusal(.init()) == 101)
    }

    @Test("without the subprotocol it is 400")
    func noSubprotocol() async throws {
        var opening = SignallingClient.Opening()
        opening.subprotocols = []
        #expect(try await refusal(opening) == 400)
    }

    @Test("from a foreign page it is 403")
    func foreignOrigin() async throws {
        var opening = SignallingClient.Opening()
        opening.origin = "https://evil.example"
        #expect(try await refusal(opening) == 403)
    }

    @Test("another path is no WebSocket")
    func otherPath() async throws {
        var opening = SignallingClient.Opening()
        opening.path = "/nothing"
        #expect(try await refusal(opening) == 404)
    }

    @Test("a query does not change the path")
    func query() async throws {
        var opening = SignallingClient.Opening()
        opening.path = "/v1/signal?x=1"
        #expect(try await refusal(opening) == 101)
    }

    @Test("the address of the client is handed on, and messages arrive in their order")
    func order() async throws {
        let control = StubControl()
        try await withServer(control) { port in
            let client = try await SignallingClient.connect(port: port)
            client.send("hello", ["version": 1])
            for number in 0..<20 { client.send("typing", ["on": .bool(number.isMultiple(of: 2))]) }
            #expect(await control.state.wait { $0.frames.count == 21 })
            client.close()
            #expect(await control.firstEnd() == true)
        }
        #expect(control.state.value.addresses == ["127.0.0.1"])
        let expected = (0..<20).map { ClientMessage.typing(on: $0.isMultiple(of: 2), pair: nil) }
        #expect(control.state.value.frames.dropFirst().map(\.message) == expected)
    }
}

@Suite("The first request decides, and whatever it is it is answered")
struct FirstRequestTests {
    private static let upgrade = [
        "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: tidegate.v1",
    ]

    private func exchange(_ lines: [String], then rest: String = "") async throws -> String {
        var answer = ""
        // The library hangs up only on a Connection that says close and nothing else.
        try await withServer(StubControl(), configure: { $0.limits.idleSeconds = 1 }) { port in
            let text = (lines + ["", rest]).joined(separator: "\r\n")
            answer = String(
                decoding: try await PlainHTTP.exchange(text, at: .tcp(port: port)), as: UTF8.self)
        }
        return answer
    }

    @Test("frames sent without waiting for the 101 are not lost")
    func impatient() async throws {
        // A close frame with code 1000; its mask is zero, and every byte of it is ASCII but the first two.
        let control = StubControl()
        try await withServer(control) { port in
            let head = (["GET /v1/signal HTTP/1.1"] + Self.upgrade + ["", ""]).joined(separator: "\r\n")
            let close: [UInt8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]
            let answer = try await PlainHTTP.exchange(Array(head.utf8) + close, at: .tcp(port: port))
            #expect(Array(answer.suffix(4)) == [0x88, 0x02, 0x03, 0xe8])
            #expect(await control.firstEnd() == true)
        }
    }

    @Test("the answer to a good handshake is what RFC 6455 §1.3 computes")
    func accept() async throws {
        // An unmasked fragment: the server closes, and this client does not answer.
        let answer = try await exchange(["GET /v1/signal HTTP/1.1"] + Self.upgrade, then: "\u{1}\u{0}")
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        let head = answer.lowercased()
        #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
        #expect(head.contains("sec-websocket-protocol: tidegate.v1\r\n"))
        #expect(head.contains("upgrade: websocket\r\n"))
    }

    @Test("an upgrade to something else is plain HTTP")
    func otherUpgrade() async throws {
        let answer = try await exchange(
            [
                "GET /healthz HTTP/1.1", "Host: x", "Connection: Upgrade, HTTP2-Settings, close",
                "Upgrade: h2c",
            ]
                + ["Connection: close"])
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("an upgrade with a body is hung up on")
    func body() async throws {
        let answer = try await exchange(
            ["GET /v1/signal HTTP/1.1", "Content-Length: 2"] + Self.upgrade, then: "ab")
        #expect(!answer.hasPrefix("HTTP/1.1 101"))
    }

    @Test("a second request on a connection is never a WebSocket, and says so")
    func second() async throws {
        let first = ["GET /healthz HTTP/1.1", "Host: x", "", ""].joined(separator: "\r\n")
        let answer = try await exchange(
            [first + "GET /v1/signal HTTP/1.1"] + Self.upgrade + ["Connection: close"])
        #expect(answer.contains("HTTP/1.1 400 "))
        #expect(answer.contains("on a connection of its own"))
    }
}
