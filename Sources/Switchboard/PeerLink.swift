package import Signalling

/// One WebSocket as the Switchboard sees it: a way to say something, and to hang up.
///
/// Neither call waits.
package protocol PeerLink: Sendable {
    /// Queues one message. A link that does not drain closes itself with ``CloseCode/tooSlow``.
    func send(_ message: ServerMessage, re: MessageID?)
    /// Closes after what was queued before has been sent.
    func close(_ code: CloseCode, reason: String)
}

/// Names one WebSocket for as long as it is open.
package struct ConnectionID: Sendable, Hashable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}
