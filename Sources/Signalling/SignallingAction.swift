/// What a ``SignallingSession`` wants done, in order.
package enum SignallingAction: Sendable, Equatable {
    /// Hand the message to the Switchboard.
    case deliver(ClientFrame)
    /// Answer the client.
    case send(ServerMessage, re: MessageID?)
    /// Close the WebSocket, and read no more. The reason is at most 123 bytes (RFC 6455 §5.5).
    case close(CloseCode, String)
    /// Send a WebSocket ping.
    case ping
}
