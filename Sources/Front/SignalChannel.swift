internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOSSL
internal import NIOWebSocket

/// A connection to the public listener: HTTP, or, if its first request asks for it, the signalling WebSocket.
internal struct SignalChannel: HTTPChannelHandler {
    internal enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(NIOAsyncChannel<SignalInput, WebSocketFrame>)
    }

    internal struct Value: ServerChildChannelValue {
        internal let channel: any Channel
        /// `nil`: there is no room for this connection.
        internal let outcome: EventLoopFuture<Outcome>?
    }

    internal let responder: HTTPChannelHandler.Responder
    private let live: LiveSettings
    private let limiter: ConnectionLimiter
    private let channels: OpenChannels
    private let handleWebSocket: @Sendable (NIOAsyncChannel<SignalInput, WebSocketFrame>) async -> Void

    internal init(
        responder: @escaping HTTPChannelHandler.Responder, live: LiveSettings, limiter: ConnectionLimiter,
        channels: OpenChannels,
        handleWebSocket: @escaping @Sendable (NIOAsyncChannel<SignalInput, WebSocketFrame>) async -> Void
    ) {
        self.responder = responder
        self.live = live
        self.limiter = limiter
        self.channels = channels
        self.handleWebSocket = handleWebSocket
    }

    internal func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let prefix = ConnectionLimiter.Prefix(channel.remoteAddress)
        guard limiter.enter(prefix) else {
            return channel.eventLoop.makeSucceededFuture(Value(channel: channel, outcome: nil))
        }
        channels.add(channel)
        channel.closeFuture.whenComplete { [limiter, channels] _ in
            limiter.leave(prefix)
            channels.remove(channel)
        }
        let settings = live.now
        let limits = settings.configuration.limits
        let outcome = channel.eventLoop.makePromise(of: Outcome.self)
        return channel.eventLoop
            .makeCompletedFuture {
                let encoder = HTTPResponseEncoder()
                var decoderLimits = NIOHTTPDecoderLimitConfiguration()
                decoderLimits.maxHeaderFieldSize = limits.headBytes
                decoderLimits.maxHeaderListSize = limits.headBytes
                decoderLimits.maxHeaderFieldCount = 100
                let decoder = ByteToMessageHandler(
                    HTTPRequestDecoder(
                        leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits))
                let pipeline = channel.pipeline.syncOperations
                if let tls = settings.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                try pipeline.addHandler(
                    HeadDeadlineHandler(patience: .seconds(Int64(limits.headSeconds))),
                    name: Self.deadlineName)
                try pipeline.addHandler(encoder)
                try pipeline.addHandler(decoder)
                try pipeline.addHandler(
                    UpgradeHandler(
                        encoder: encoder, decoder: decoder, upgrader: webSocketUpgrader(limits),
                        isAccepted: { Self.isAccepted($0, by: settings.upgrade) },
                        makeHTTP: { try plainHTTP($0, limits, logger: logger) }, outcome: outcome))
                return Value(channel: channel, outcome: outcome.futureResult)
            }
            .flatMapErrorThrowing { error in
                outcome.fail(error)
                throw error
            }
    }

    internal func handle(value: Value, logger: Logger) async {
        guard let outcome = value.outcome else {
            value.channel.close(promise: nil)
            return
        }
        do {
            switch try await outcome.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .webSocket(let channel): await handleWebSocket(channel)
            }
        } catch {
            // Gone, or refused, before it had asked for anything.
            value.channel.close(promise: nil)
        }
    }

    private static let deadlineName = "head deadline"

    /// Whether the first request of a connection becomes the WebSocket.
    ///
    /// A refusal is answered by the HTTP route of
    /// the same path, which asks for the verdict again.
    private static func isAccepted(_ head: HTTPRequestHead, by upgrade: WebSocketUpgrade) -> Bool {
        head.uri.prefix { $0 != "?" } == WebSocketUpgrade.path
            && upgrade.verdict(on: WebSocketUpgrade.Facts(head)) == .upgrade
    }

    private func webSocketUpgrader(_ limits: FrontLimits) -> NIOTypedWebSocketServerUpgrader<Outcome> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: limits.messageBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture([
                    "Sec-WebSocket-Protocol": WebSocketUpgrade.subprotocol
                ])
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FrameFaultHandler())
                    Self.removeDeadline(channel)
                    return .webSocket(
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(isOutboundHalfClosureEnabled: false)))
                }
            })
    }

    private func plainHTTP(_ channel: any Channel, _ limits: FrontLimits, logger: Logger) throws -> Outcome {
        Self.removeDeadline(channel)
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: .seconds(limits.idleSeconds), logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)))
    }

    private static func removeDeadline(_ channel: any Channel) {
        channel.pipeline.removeHandler(name: deadlineName, promise: nil)
    }
}
