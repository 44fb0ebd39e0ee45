internal import NIOCore

/// Closes a connection that does not say in time what it wants: a complete request head, TLS handshake included.
///
/// Lives until the connection is either HTTP, whose own idle timer takes over, or a WebSocket.
internal final class HeadDeadlineHandler: ChannelInboundHandler, RemovableChannelHandler {
    internal typealias InboundIn = NIOAny

    private let patience: TimeAmount
    private var timer: Scheduled<Void>?

    internal init(patience: TimeAmount) { self.patience = patience }

    internal func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { context.close(promise: nil) }
    }

    internal func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    internal func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    internal func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server is stopping, and this connection has asked for nothing yet.
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
