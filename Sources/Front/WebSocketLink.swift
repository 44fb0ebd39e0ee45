internal import NIOCore
internal import Signalling
internal import Switchboard
internal import Synchronization

/// The outgoing half of one WebSocket: a bounded queue between the Switchboard, which never waits, and a client
/// that may read slowly or not at all.
internal final class WebSocketLink: PeerLink {
    internal enum Outgoing: Sendable {
        /// As it goes out.
        case message(String)
        case ping
        case pong(ByteBuffer)
        /// The last frame that is sent.
        case close(UInt16?, String)
    }

    private struct State {
        var queue: [Outgoing] = []
        /// How many of `queue` have been taken already.
        var taken = 0
        /// Only the latest ping needs an answer (RFC 6455 §5.5.3), so a flood of them queues nothing.
        var pong: ByteBuffer?
        var isClosing = false
    }

    private let capacity: Int
    private let state = Mutex(State())
    /// Fires when there is something to write.
    internal let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    /// Ends when a close has been queued.
    internal let closing: AsyncStream<Never>
    private let close: AsyncStream<Never>.Continuation

    /// - Parameter capacity: messages that may wait.
    internal init(capacity: Int) {
        self.capacity = capacity
        (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (closing, close) = AsyncStream.makeStream(of: Never.self)
    }

    internal var isClosing: Bool { state.withLock { $0.isClosing } }

    internal func send(_ message: ServerMessage, re: MessageID?) {
        guard !isClosing else { return }
        enqueue(.message(ServerMessageWriter.write(message, re: re)))
    }

    internal func close(_ code: CloseCode, reason: String) { close(with: code.rawValue, reason: reason) }

    internal func ping() { enqueue(.ping) }

    internal func pong(_ data: ByteBuffer) {
        state.withLock { state in
            if !state.isClosing { state.pong = data }
        }
        wakeUp.yield()
    }

    /// Queues the last frame.
    ///
    /// `nil` answers a close without a code. Later calls change nothing.
    internal func close(with code: UInt16?, reason: String) {
        state.withLock { state in
            guard !state.isClosing else { return }
            state.isClosing = true
            state.queue.append(.close(code, reason))
        }
        close.finish()
        wakeUp.yield()
    }

    /// What is to be written next; `nil`: nothing for now.
    internal func take() -> Outgoing? {
        state.withLock { state in
            if let pong = state.pong {
                state.pong = nil
                return .pong(pong)
            }
            guard state.taken < state.queue.count else {
                state.queue.removeAll(keepingCapacity: true)
                state.taken = 0
                return nil
            }
            defer { state.taken += 1 }
            return state.queue[state.taken]
        }
    }

    private func enqueue(_ outgoing: Outgoing) {
        let overflow = state.withLock { state in
            guard !state.isClosing else { return false }
            if state.taken >= 64 {
                state.queue.removeFirst(state.taken)
                state.taken = 0
            }
            guard state.queue.count - state.taken < capacity else {
                state.isClosing = true
                state.queue = [.close(CloseCode.tooSlow.rawValue, "too slow")]
                state.taken = 0
                return true
            }
            state.queue.append(outgoing)
            return false
        }
        if overflow { close.finish() }
        wakeUp.yield()
    }
}
