internal import NIOCore
internal import NIOWebSocket

/// Sends the upgrade request and reads the answer to it (RFC 6455 §4.1), by hand: independent of the server's code.
final class ClientHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let opening: SignallingClient.Opening
    private let inbox: Monitor<Inbox>
    private var received = ByteBuffer()

    init(request: String, opening: SignallingClient.Opening, inbox: Monitor<Inbox>) {
        self.request = request
        self.opening = opening
        self.inbox = inbox
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        let view = received.readableBytesView
        let end = Array("\r\n\r\n".utf8)
        guard let head = view.indices.dropLast(3).first(where: { view[$0...].starts(with: end) }) else {
            return
        }
        let text = String(decoding: view[..<head], as: UTF8.self)
        let rest = Array(view[(head + 4)...])
        let words = text.split(separator: " ")
        let status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        guard status == 101 else { return refuse(status, text, rest, context) }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandlers(
                WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20)),
                ClientFrames(opening: opening, inbox: inbox))
        } catch {
            context.close(promise: nil)
            return
        }
        inbox.update { $0.isOpen = true }
        if !rest.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest))) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Waits for the whole body, as long as its length tells.
    private func refuse(_ status: Int, _ head: String, _ body: [UInt8], _ context: ChannelHandlerContext) {
        let lengths = head.split(separator: "\r\n")
            .compactMap { line -> Int? in
                let parts = line.split(separator: ":")
                guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
                return Int(parts[1].drop { $0 == " " })
            }
        guard body.count >= lengths.first ?? 0 else { return }
        let refusal = SignallingClient.Failure.refused(
            status: status, body: String(decoding: body, as: UTF8.self))
        inbox.update { $0.refusal = refusal }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.update { inbox in
            if !inbox.isOpen { inbox.closure = .init(code: nil, reason: "") }
        }
        context.fireChannelInactive()
    }
}

/// Keeps what the server says, and answers pings and the close as it has been told to.
final class ClientFrames: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let opening: SignallingClient.Opening
    private let inbox: Monitor<Inbox>
    private var partial: [UInt8] = []

    init(opening: SignallingClient.Opening, inbox: Monitor<Inbox>) {
        self.opening = opening
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text, .continuation:
            partial += payload.readableBytesView
            guard frame.fin else { return }
            let message = SignallingClient.Message(text: String(decoding: partial, as: UTF8.self))
            partial = []
            inbox.update { $0.messages.append(message) }
        case .ping:
            inbox.update { $0.pings += 1 }
            if opening.answersPings { answer(.pong, payload, context) }
        case .pong:
            let bytes = Array(payload.readableBytesView)
            inbox.update { $0.pongs.append(bytes) }
        case .connectionClose:
            let echo = payload
            let code = payload.readInteger(as: UInt16.self)
            let closure = SignallingClient.Closure(
                code: code, reason: String(decoding: payload.readableBytesView, as: UTF8.self))
            inbox.update { $0.closeFrame = closure }
            if opening.answersClose { answer(.connectionClose, echo, context) }
        default: break
        }
    }

    private func answer(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.update { inbox in
            inbox.closure = inbox.closeFrame ?? .init(code: nil, reason: "")
        }
        context.fireChannelInactive()
    }
}
