import Front
import NIOWebSocket
import ReferenceTools
import RelayTestKit
import Signalling
import Switchboard
import Testing

@Suite("Every WebSocket ends with the code that says why (PROTOCOL.md section 2, Limits)")
struct CloseCodeTests {
    /// Connects, does something, and tells how the server closed and what it told the control plane.
    private func end(
        _ opening: SignallingClient.Opening = .init(),
        limits: @escaping (inout FrontConfiguration) -> Void = { _ in },
        after body: (SignallingClient) async throws -> Void
    ) async throws -> (code: UInt16?, clean: Bool?) {
        let control = StubControl()
        var result: (UInt16?, Bool?) = (nil, nil)
        try await withServer(control, configure: limits) { port in
            let client = try await SignallingClient.connect(port: port, opening)
            try await body(client)
            let closure = try await client.closure()
            result = (closure.code, await control.firstEnd())
        }
        return result
    }

    @Test("binary is 1003")
    func binary() async throws {
        let end = try await end { $0.send(frame: .binary, [1, 2, 3]) }
        #expect(end.code == 1003)
        #expect(end.clean == false)
    }

    @Test("a text that is not UTF-8 is 1007", arguments: [[0xff], [0xc3], [0xed, 0xa0, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) async throws {
        #expect(try await end { $0.send(frame: .text, bytes) }.code == 1007)
    }

    @Test("one byte over 32 KiB is 1009, in one frame, in fragments, or only announced")
    func tooLong() async throws {
        let half = [UInt8](repeating: 0x20, count: 16_384)
        let whole = try await end { $0.send(frame: .text, half + half + [0x20]) }
        #expect(whole.code == 1009)
        let fragments = try await end { client in
            client.send(frame: .text, final: false, half)
            client.send(frame: .continuation, final: false, half)
            client.send(frame: .continuation, [0x20])
        }
        #expect(fragments.code == 1009)
        // A frame of 2^62 bytes that never comes, and one of 2^63 + 1.
        for first in [0x40, 0x80] as [UInt8] {
            let announced = try await end { client in
                client.send(raw: [0x81, 0xff, first, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4])
            }
            #expect(announced.code == 1009)
        }
    }

    @Test("a client that goes on sending after a frame too long still learns why")
    func keepsSending() async throws {
        let end = try await end { client in
            for _ in 0..<20 { client.send(frame: .text, [UInt8](repeating: 0x20, count: 65_536)) }
        }
        #expect(end.code == 1009)
    }

    @Test(
        "what RFC 6455 forbids is 1002",
        arguments: [
            [0x81, 0x01, 0x61],  // Not masked.
            [0xc1, 0x80, 0, 0, 0, 0],  // A reserved bit.
            [0x83, 0x80, 0, 0, 0, 0],  // A reserved opcode.
            [0x80, 0x80, 0, 0, 0, 0],  // A continuation of nothing.
            [0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0],  // A message inside a message.
            [0x09, 0x80, 0, 0, 0, 0],  // A fragmented ping.
            [0x89, 0xfe, 0, 126, 0, 0, 0, 0],  // A ping of 126 bytes.
            [0x88, 0x81, 0, 0, 0, 0, 3],  // Half a close code.
            [0x88, 0x82, 0, 0, 0, 0, 3, 0xed],  // Close code 1005.
        ] as [[UInt8]])
    func protocolErrors(bytes: [UInt8]) async throws {
        #expect(try await end { $0.send(raw: bytes) }.code == 1002)
    }

    @Test("32 KiB of fragments are one message, which is refused as a message and not as a WebSocket")
    func fragmented() async throws {
        let end = try await end { client in
            client.send(frame: .text, final: false, Array("{\"type\":\"hello\",".utf8))
            client.send(frame: .ping, [])
            client.send(frame: .continuation, final: false, [])
            client.send(frame: .continuation, Array("\"version\":1}".utf8))
            client.send("typing", ["on": true])
            #expect(await client.pong() == [])
            client.close(code: 1001)
        }
        #expect(end.code == 1001)
        #expect(end.clean == true)
    }

    @Test("a ping is answered with what it carried")
    func ping() async throws {
        _ = try await end { client in
            client.send(frame: .ping, [1, 2, 3])
            #expect(await client.pong() == [1, 2, 3])
            client.close()
        }
    }

    @Test(
        "the client's goodbye is echoed; only 1000 and 1001 are clean",
        arguments: [1000, 1001, 1011, 3000, 4999])
    func goodbye(code: Int) async throws {
        let end = try await end { $0.close(code: UInt16(code)) }
        #expect(end.code == UInt16(code))
        #expect(end.clean == (code <= 1001))
    }

    @Test("a close without a code is answered without one, and is not clean")
    func emptyGoodbye() async throws {
        let end = try await end { $0.send(frame: .connectionClose, []) }
        #expect(end.code == nil)
        #expect(end.clean == false)
    }

    @Test("a connection that just ends is not clean")
    func aborted() async throws {
        let end = try await end { $0.abort() }
        #expect(end.clean == false)
    }

    @Test("anything but hello first is 4000")
    func notHello() async throws {
        #expect(try await end { $0.send("leave") }.code == 4000)
    }

    @Test("no hello in time is 4008")
    func silent() async throws {
        let end = try await end(limits: { $0.signalling.helloSeconds = 1 }) { _ in }
        #expect(end.code == 4008)
    }

    @Test("a client that answers no ping is 4008, one that does stays")
    func unanswered() async throws {
        var opening = SignallingClient.Opening()
        opening.answersPings = false
        let short: (inout FrontConfiguration) -> Void = {
            $0.signalling.pingSeconds = 1
            $0.signalling.pongSeconds = 2
        }
        let end = try await end(opening, limits: short) { client in
            client.send("hello", ["version": 1])
            #expect(await client.ping())
        }
        #expect(end.code == 4008)
    }

    @Test("ten messages in a row that are not JSON are 4000, each answered before")
    func nonsense() async throws {
        let end = try await end { client in
            client.send("hello", ["version": 1])
            for _ in 0..<10 { client.send(text: "{") }
            for _ in 0..<9 {
                let error = try await client.expect("error")
                #expect(error["code"] == "bad_json")
            }
        }
        #expect(end.code == 4000)
    }

    @Test("a client that does not answer the server's close is let go, and the code was sent")
    func noAnswer() async throws {
        var opening = SignallingClient.Opening()
        opening.answersClose = false
        let end = try await end(opening) { $0.send(frame: .binary, []) }
        #expect(end.code == 1003)
    }

    @Test("after the server's close nothing more is delivered")
    func deafAfterClose() async throws {
        let control = StubControl { _, link in link.close(.superseded, reason: "elsewhere") }
        try await withServer(control) { port in
            var opening = SignallingClient.Opening()
            opening.answersClose = false
            let client = try await SignallingClient.connect(port: port, opening)
            client.send("hello", ["version": 1])
            for _ in 0..<5 { client.send("leave") }
            #expect(try await client.closure() == .init(code: 4009, reason: "elsewhere"))
        }
        #expect(control.state.value.frames.count == 1)
    }

    @Test(
        "garbage instead of frames never does more than end its own connection",
        arguments: 0..<12 as Range<UInt64>)
    func garbage(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let control = StubControl()
        try await withServer(control) { port in
            let client = try await SignallingClient.connect(port: port)
            client.send(raw: bytes)
            client.abort()
            #expect(await control.firstEnd() != nil, "seed \(seed)")
            let next = try await SignallingClient.connect(port: port)
            next.close()
            #expect(try await next.closure().code == 1000)
        }
    }
}

@Suite("A client that does not read cannot make the server keep what it does not take")
struct SlowReaderTests {
    @Test("its WebSocket ends, and its peer is told to be gone")
    func slow() async throws {
        // Each message asks for 200 answers of 1 kB; the client takes none of them.
        let control = StubControl { _, link in
            for _ in 0..<200 {
                link.send(.notice(code: "x", message: String(repeating: "y", count: 1_000)), re: nil)
            }
        }
        let short: (inout FrontConfiguration) -> Void = {
            $0.limits.outgoingMessages = 256
            $0.signalling.burst = 1_000
        }
        try await withServer(control, configure: short) { port in
            let client = try await SignallingClient.connect(port: port)
            try await client.setReading(false)
            client.send("hello", ["version": 1])
            for _ in 0..<400 { client.send("leave") }
            #expect(await control.firstEnd() == false)
            client.abort()
        }
    }

    @Test("one that takes it up again learns that it was 4008")
    func late() async throws {
        let control = StubControl { _, link in
            for _ in 0..<65 { link.send(.left, re: nil) }
        }
        try await withServer(control, configure: { $0.limits.outgoingMessages = 16 }) { port in
            let client = try await SignallingClient.connect(port: port)
            client.send("hello", ["version": 1])
            #expect(try await client.closure() == .init(code: 4008, reason: "too slow"))
        }
    }
}

@Suite("When the server goes, everybody is told")
struct DrainTests {
    @Test("each WebSocket hears draining, then 1012, and the listener ends")
    func drain() async throws {
        let control = StubControl()
        var clients: [SignallingClient] = []
        try await withServer(control) { port in
            for _ in 0..<3 { clients.append(try await SignallingClient.connect(port: port)) }
        }
        for client in clients {
            #expect(try await client.expect("draining")["reconnect"] == true)
            #expect(try await client.closure().code == 1012)
        }
    }
}
