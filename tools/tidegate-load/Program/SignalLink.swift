internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket

/// What a ``SignalLink`` tells.
enum LinkEvent: Sendable {
    case opened
    /// There is no WebSocket: the server cannot be reached, or has refused it. In words.
    case refused(String)
    case text(ByteBuffer)
    /// The end of a WebSocket that was open; with the code of the server's close frame.
    case closed(UInt16?)
}

/// One WebSocket to the server, on the event loop of all others.
///
/// It answers pings and the close by itself, and knows nothing of what is said.
final class SignalLink {
    typealias Listener = (LinkEvent) -> Void

    private var channel: (any Channel)?
    private var listener: Listener?
    private var isOpen = false
    private var wasAborted = false
    fileprivate var closeCode: UInt16?

    /// Begins to connect; everything is told to `listener`, on the event loop.
    ///
    /// - Parameter local: the address to come from; `nil` for any.
    init(
        to target: Target, from local: String?, tls: NIOSSLContext?, on loop: any EventLoop,
        listener: @escaping Listener
    ) {
        self.listener = listener
        let bound = NIOLoopBound(self, eventLoop: loop)
        var bootstrap = ClientBootstrap(group: loop).connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let name = target.host.first?.isNumber == true ? nil : target.host
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        LinkHandshake(link: bound.value, authority: target.authority))
                }
            }
        if let local, let address = try? SocketAddress(ipAddress: local, port: 0) {
            bootstrap = bootstrap.bind(to: address)
        }
        // What a name server says of "localhost" is of no interest: the server's default is IPv4.
        let host = target.host == "localhost" ? "127.0.0.1" : target.host
        bootstrap.connect(host: host, port: target.port)
            .whenComplete { result in
                let link = bound.value
                switch result {
                case .success(let channel):
                    link.channel = channel
                    if link.wasAborted { channel.close(promise: nil) }
                case .failure(let error): link.refuse(Self.sentence(error))
                }
            }
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "\(String(cString: strerror(error.errnoCode)))".lowercased()
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence($0.error) } ?? "the name \(error.host) is not known"
        case is ChannelError: "no answer within 5 s"
        default: "\(error)"
        }
    }

    // MARK: Saying

    func say(_ text: String) { send(.text, ByteBuffer(string: text)) }

    /// Says goodbye with a close frame.
    func hangUp(_ code: UInt16) {
        var bytes = ByteBuffer()
        bytes.writeInteger(code)
        send(.connectionClose, bytes)
    }

    /// Ends the connection without a word, and tells nobody.
    func abort() {
        wasAborted = true
        listener = nil
        channel?.close(promise: nil)
    }

    fileprivate func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) {
        guard isOpen, let channel else { return }
        // A mask of zeros would do as well: it guards proxies, not people (RFC 6455 §10.3).
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: bytes), promise: nil)
    }

    // MARK: Hearing

    fileprivate func opened(_ channel: any Channel) {
        self.channel = channel
        isOpen = true
        listener?(.opened)
    }

    fileprivate func heard(_ text: ByteBuffer) { listener?(.text(text)) }

    fileprivate func refuse(_ why: String) {
        let listener = listener
        self.listener = nil
        listener?(.refused(why))
    }

    fileprivate func ended() {
        let listener = listener
        self.listener = nil
        guard isOpen else {
            listener?(.refused("the server hung up"))
            return
        }
        isOpen = false
        listener?(.closed(closeCode))
    }
}

/// Sends the upgrade request and reads the answer to it (RFC 6455 §4.1).
private final class LinkHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longestHead = 16_384
    private let link: SignalLink
    private let authority: String
    private var received = ByteBuffer()

    init(link: SignalLink, authority: String) {
        self.link = link
        self.authority = authority
    }

    func channelActive(context: ChannelHandlerContext) {
        let lines = [
            "GET /v1/signal HTTP/1.1", "Host: \(authority)", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: tidegate.v1", "", "",
        ]
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(string: lines.joined(separator: "\r\n"))), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        let text = String(decoding: received.readableBytesView, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else {
            if received.readableBytes > Self.longestHead { refuse("it does not speak HTTP", context) }
            return
        }
        let words = text[..<head.lowerBound].split(separator: " ")
        guard words.first?.hasPrefix("HTTP/1.") == true, words.count > 1, let status = Int(words[1]) else {
            return refuse("it does not speak HTTP", context)
        }
        guard status == 101 else { return refuse("it answered the WebSocket with status \(status)", context) }
        received.moveReaderIndex(forwardBy: text[..<head.upperBound].utf8.count)
        do {
            try context.pipeline.syncOperations.addHandlers(
                WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20)),
                LinkFrames(link: link))
        } catch { return context.close(promise: nil) }
        link.opened(context.channel)
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ why: String, _ context: ChannelHandlerContext) {
        link.refuse(why)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.refuse("\(error)")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended()
        context.fireChannelInactive()
    }
}

/// Takes messages out of frames, and answers pings and the close.
private final class LinkFrames: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private static let longestMessage = 1 << 20
    private let link: SignalLink
    private var partial: ByteBuffer?

    init(link: SignalLink) { self.link = link }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text, .continuation:
            var message = partial ?? ByteBuffer()
            partial = nil
            if message.readableBytes == 0 { message = payload } else { message.writeBuffer(&payload) }
            guard message.readableBytes <= Self.longestMessage else { return context.close(promise: nil) }
            if frame.fin { link.heard(message) } else { partial = message }
        case .ping: link.send(.pong, payload)
        case .connectionClose:
            link.closeCode = payload.getInteger(at: payload.readerIndex, as: UInt16.self)
            link.send(.connectionClose, payload)
            context.close(promise: nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended()
        context.fireChannelInactive()
    }
}
