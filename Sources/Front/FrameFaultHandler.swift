internal import NIOCore
internal import NIOWebSocket

/// What arrives on a WebSocket: a frame, or the news that no more can be read.
internal enum SignalInput: Sendable {
    case frame(WebSocketFrame)
    /// The decoder has given up; what follows is not looked at.
    case fault(UInt16, String)
}

/// Turns a decoder's error into input, so that the connection can still be closed with a code that says why.
///
/// NIO's own handler writes the close frame and closes the socket at once: with unread bytes in the kernel that
/// resets the connection, and the client never sees the code.
internal final class FrameFaultHandler: ChannelInboundHandler {
    internal typealias InboundIn = WebSocketFrame
    internal typealias InboundOut = SignalInput

    private var isFaulted = false

    internal func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(Self.wrapInboundOut(.frame(Self.unwrapInboundIn(data))))
    }

    internal func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isFaulted else { return }
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            fault(context, 1009, "a frame of this length is not read")
        case NIOWebSocketError.fragmentedControlFrame, NIOWebSocketError.multiByteControlFrameLength:
            fault(context, 1002, "an impossible control frame")
        case is ByteToMessageDecoderError:
            // What comes after the decoder has given up, and leftovers when the client goes.
            return
        default: context.fireErrorCaught(error)
        }
    }

    private func fault(_ context: ChannelHandlerContext, _ code: UInt16, _ reason: String) {
        isFaulted = true
        context.fireChannelRead(Self.wrapInboundOut(.fault(code, reason)))
        context.fireChannelReadComplete()
    }
}
