internal import Foundation
internal import NIOCore
internal import NIOPosix
package import NIOWebSocket

/// A browser's half of the signalling WebSocket (PROTOCOL.md section 2), as plain as possible: it says what it is
/// told to say, right or wrong, and keeps everything that it hears.
package final class SignallingClient: Sendable {
    /// One message of the server's.
    package struct Message: Sendable, Equatable, CustomStringConvertible {
        package let type: String
        package let body: JSONValue
        /// As it arrived.
        package let text: String

        package subscript(name: String) -> JSONValue? { body[name] }
        package var description: String { text }
    }

    /// How the WebSocket ended.
    package struct Closure: Sendable, Equatable {
        /// `nil`: without a close frame, or with an empty one.
        package let code: UInt16?
        package let reason: String

        package init(code: UInt16?, reason: String) {
            self.code = code
            self.reason = reason
        }
    }

    package enum Failure: Error, Sendable, Equatable {
        /// The server has answered the upgrade with this status.
        case refused(status: Int, body: String)
        /// The server hung up before it had answered.
        case hungUp
        /// Nothing of the kind came in time. What did come since the last message that was taken.
        case nothing(wanted: String, got: [String])
        /// The WebSocket has ended, so nothing more can come.
        case ended(wanted: String, Closure, got: [String])
    }

    /// How the handshake is made; the defaults are a well-behaved client's.
    package struct Opening: Sendable {
        package var path = "/v1/signal"
        package var host: String?
        package var origin: String?
        package var subprotocols = ["tidegate.v1"]
        /// Further lines, each without its line end.
        package var lines: [String] = []
        /// Whether pings are answered.
        package var answersPings = true
        /// Whether the server's close is answered.
        package var answersClose = true

        package init() {}
    }

    private let channel: any Channel
    private let inbox: Monitor<Inbox>

    private init(channel: any Channel, inbox: Monitor<Inbox>) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects and upgrades.
    package static func connect(
        host: String = "127.0.0.1", port: Int, _ opening: Opening = Opening()
    ) async throws -> SignallingClient {
        let inbox = Monitor(Inbox())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ClientHandshake(request: request(opening, host, port), opening: opening, inbox: inbox)
                    )
                }
            }
            .connect(host: host, port: port).get()
        _ = await inbox.wait(atMost: 10) { $0.isOpen || $0.refusal != nil || $0.closure != nil }
        let outcome = inbox.value
        if let refusal = outcome.refusal { throw refusal }
        guard outcome.isOpen else {
            channel.close(promise: nil)
            throw Failure.hungUp
        }
        return SignallingClient(channel: channel, inbox: inbox)
    }

    private static func request(_ opening: Opening, _ host: String, _ port: Int) -> String {
        var lines = [
            "GET \(opening.path) HTTP/1.1", "Host: \(opening.host ?? "\(host):\(port)")",
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        if let origin = opening.origin { lines.append("Origin: \(origin)") }
        if !opening.subprotocols.isEmpty {
            lines.append("Sec-WebSocket-Protocol: " + opening.subprotocols.joined(separator: ", "))
        }
        return (lines + opening.lines + ["", ""]).joined(separator: "\r\n")
    }

    // MARK: Saying

    /// Sends one message.
    ///
    /// Each member's value is JSON.
    package func send(_ type: String, _ members: [String: JSONValue] = [:], id: JSONValue? = nil) {
        var object = members
        object["type"] = .text(type)
        if let id { object["id"] = id }
        guard let bytes = try? JSONEncoder().encode(JSONValue.object(object)) else { return }
        send(text: String(decoding: bytes, as: UTF8.self))
    }

    /// Sends one text message, whatever is in it.
    package func send(text: String) { send(frame: .text, Array(text.utf8)) }

    /// Sends one frame, whatever is in it, masked as a client must.
    package func send(frame opcode: WebSocketOpcode, final: Bool = true, _ bytes: [UInt8]) {
        let frame = WebSocketFrame(
            fin: final, opcode: opcode, maskKey: .random(), data: ByteBuffer(bytes: bytes))
        channel.writeAndFlush(frame, promise: nil)
    }

    /// Sends bytes as they are, past the WebSocket.
    package func send(raw bytes: [UInt8]) {
        channel.pipeline.eventLoop.execute { [channel] in
            guard
                let encoder = try? channel.pipeline.syncOperations.context(
                    handlerType: WebSocketFrameEncoder.self)
            else { return }
            encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }

    /// Says goodbye with a close frame.
    package func close(code: UInt16 = 1000) {
        send(frame: .connectionClose, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)])
    }

    /// Ends the connection without a word, as a network does.
    package func abort() { channel.close(promise: nil) }

    /// Stops or starts taking bytes off the socket.
    package func setReading(_ reads: Bool) async throws {
        try await channel.setOption(.autoRead, value: reads).get()
        if reads { channel.read() }
    }

    // MARK: Hearing

    /// The next message of this type; others before it are passed over, and stay in ``heard``.
    package func expect(
        _ type: String, atMost seconds: Double = 20,
        where condition: @escaping @Sendable (Message) -> Bool = { _ in true }
    ) async throws -> Message {
        try await take(type, atMost: seconds) { $0.type == type && condition($0) }
    }

    /// The next message of any type.
    package func next(atMost seconds: Double = 20) async throws -> Message {
        try await take("a message", atMost: seconds) { _ in true }
    }

    /// How the WebSocket ends.
    package func closure(atMost seconds: Double = 20) async throws -> Closure {
        _ = await inbox.wait(atMost: seconds) { $0.closure != nil }
        guard let closure = inbox.value.closure else {
            throw Failure.nothing(wanted: "a close", got: inbox.value.rest)
        }
        return closure
    }

    /// Waits until a ping has come.
    package func ping(atMost seconds: Double = 60) async -> Bool {
        await inbox.wait(atMost: seconds) { $0.pings > 0 }
    }

    /// Waits until a pong has come, and gives what it carried.
    package func pong(atMost seconds: Double = 20) async -> [UInt8]? {
        _ = await inbox.wait(atMost: seconds) { !$0.pongs.isEmpty }
        return inbox.value.pongs.last
    }

    /// Everything that the server has said so far.
    package var heard: [Message] { inbox.value.messages }

    private func take(
        _ wanted: String, atMost seconds: Double, where condition: @escaping @Sendable (Message) -> Bool
    ) async throws -> Message {
        _ = await inbox.wait(atMost: seconds) { inbox in
            inbox.closure != nil || inbox.messages[inbox.taken...].contains(where: condition)
        }
        let found = inbox.update { inbox -> Message? in
            guard let index = inbox.messages[inbox.taken...].firstIndex(where: condition) else { return nil }
            inbox.taken = index + 1
            return inbox.messages[index]
        }
        if let found { return found }
        let state = inbox.value
        guard let closure = state.closure else { throw Failure.nothing(wanted: wanted, got: state.rest) }
        throw Failure.ended(wanted: wanted, closure, got: state.rest)
    }
}

/// What has arrived.
struct Inbox: Sendable {
    var isOpen = false
    var refusal: SignallingClient.Failure?
    var messages: [SignallingClient.Message] = []
    /// How many messages have been taken or passed over.
    var taken = 0
    var pings = 0
    var pongs: [[UInt8]] = []
    var closeFrame: SignallingClient.Closure?
    /// Set when the connection has ended.
    var closure: SignallingClient.Closure?

    var rest: [String] { messages[taken...].map(\.text) }
}

extension SignallingClient.Message {
    init(text: String) {
        let body = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null
        self.init(type: body["type"]?.string ?? "", body: body, text: text)
    }
}
