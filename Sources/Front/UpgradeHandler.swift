internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// Looks at the first request of a connection and makes of it what it asks for: plain HTTP, or the WebSocket.
///
/// NIO's own upgrade handler throws the head of a refused upgrade away, and with it the answer that says why.
internal final class UpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    internal typealias InboundIn = HTTPServerRequestPart
    internal typealias InboundOut = HTTPServerRequestPart
    internal typealias OutboundOut = HTTPServerResponsePart

    /// Adds what plain HTTP needs to the end of the pipeline.
    internal typealias MakeHTTP = (any Channel) throws -> SignalChannel.Outcome

    private enum State {
        case waiting
        /// The head has been accepted; the request's end must follow, without a body.
        case accepted(HTTPRequestHead)
        /// The pipeline is being rebuilt; what arrives meanwhile is kept.
        case upgrading(kept: [NIOAny])
        case done
    }

    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let upgrader: NIOTypedWebSocketServerUpgrader<SignalChannel.Outcome>
    private let isAccepted: (HTTPRequestHead) -> Bool
    private let makeHTTP: MakeHTTP
    private let outcome: EventLoopPromise<SignalChannel.Outcome>
    private var state = State.waiting

    internal init(
        encoder: HTTPResponseEncoder, decoder: ByteToMessageHandler<HTTPRequestDecoder>,
        upgrader: NIOTypedWebSocketServerUpgrader<SignalChannel.Outcome>,
        isAccepted: @escaping (HTTPRequestHead) -> Bool, makeHTTP: @escaping MakeHTTP,
        outcome: EventLoopPromise<SignalChannel.Outcome>
    ) {
        self.encoder = encoder
        self.decoder = decoder
        self.upgrader = upgrader
        self.isAccepted = isAccepted
        self.makeHTTP = makeHTTP
        self.outcome = outcome
    }

    internal func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting:
            guard case .head(let head) = Self.unwrapInboundIn(data) else { return fail(context) }
            if isAccepted(head) {
                state = .accepted(head)
            } else {
                becomeHTTP(context, first: data)
            }
        case .accepted(let head):
            guard case .end = Self.unwrapInboundIn(data) else { return fail(context) }
            state = .upgrading(kept: [])
            becomeWebSocket(context, head)
        case .upgrading(let kept): state = .upgrading(kept: kept + [data])
        case .done: context.fireChannelRead(data)
        }
    }

    internal func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .waiting = state else { return context.fireErrorCaught(error) }
        if error is HTTPParserError {
            let head = HTTPResponseHead(
                version: .http1_1, status: .badRequest,
                headers: ["Connection": "close", "Content-Length": "0"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        fail(context)
    }

    internal func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event) {
        // The listener goes down, and nothing has been asked for yet.
        case (.waiting, is ChannelShouldQuiesceEvent): fail(context)
        // Half a connection asks for nothing.
        case (.waiting, ChannelEvent.inputClosed), (.accepted, ChannelEvent.inputClosed),
            (.upgrading, ChannelEvent.inputClosed):
            fail(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    internal func handlerRemoved(context: ChannelHandlerContext) {
        // Changes nothing where there is an outcome.
        outcome.fail(ChannelError.ioOnClosedChannel)
    }

    private func fail(_ context: ChannelHandlerContext) {
        state = .done
        outcome.fail(ChannelError.inappropriateOperationForState)
        context.close(promise: nil)
    }

    private func becomeHTTP(_ context: ChannelHandlerContext, first: NIOAny) {
        do {
            let http = try makeHTTP(context.channel)
            state = .done
            outcome.succeed(http)
        } catch {
            return fail(context)
        }
        context.fireChannelRead(first)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// The reader of HTTP goes, the 101 is written, the writer of HTTP goes, and WebSocket frames come.
    private func becomeWebSocket(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        let channel = context.channel
        let pipeline = context.pipeline.syncOperations
        upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated()
            .flatMap { headers in
                pipeline.removeHandler(self.decoder).assumeIsolated().map { headers }.nonisolated()
            }
            .flatMap { headers in
                let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
                return context.writeAndFlush(self.wrapOutboundOut(.head(head)))
            }
            .flatMap { pipeline.removeHandler(self.encoder) }
            .flatMap { self.upgrader.upgrade(channel: channel, upgradeRequest: head) }
            .whenComplete { result in
                switch result {
                case .success(let webSocket): self.finish(context, webSocket)
                case .failure: self.fail(context)
                }
            }
    }

    private func finish(_ context: ChannelHandlerContext, _ webSocket: SignalChannel.Outcome) {
        guard case .upgrading(let kept) = state else { return }
        state = .done
        outcome.succeed(webSocket)
        // Frames that the client has sent without waiting for the 101.
        for data in kept { context.fireChannelRead(data) }
        if !kept.isEmpty { context.fireChannelReadComplete() }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
