package import RelayTypes

/// The rules of one WebSocket: what may be said when and how often (PROTOCOL.md section 2, "Limits").
///
/// Pure: it reads no clock and sends nothing. Feed it what comes, carry out the actions in order, and come back at
/// ``deadline``. After a ``SignallingAction/close(_:_:)`` it is deaf.
package struct SignallingSession: Sendable {
    private enum State: Sendable {
        case waitingForHello(until: MonotonicInstant)
        case greeted
        case closed
    }

    private let limits: SignallingLimits
    private var state: State
    private var bucket: TokenBucket
    /// When messages were dropped, oldest first: those of the last ``SignallingLimits/dropWindowSeconds``.
    private var drops: [MonotonicInstant] = []
    private var badInARow = 0
    private var nextPing: MonotonicInstant
    /// When the oldest ping that has no answer must be answered.
    private var pongDeadline: MonotonicInstant

    package init(limits: SignallingLimits = SignallingLimits(), now: MonotonicInstant) {
        self.limits = limits
        state = .waitingForHello(until: now.advanced(bySeconds: limits.helloSeconds))
        bucket = TokenBucket(perSecond: limits.messagesPerSecond, burst: limits.burst, at: now)
        nextPing = now.advanced(bySeconds: limits.pingSeconds)
        pongDeadline = now.advanced(bySeconds: limits.pongSeconds)
    }

    /// When ``tick(at:)`` next has something to say, or `nil` for never.
    package var deadline: MonotonicInstant? {
        switch state {
        case .waitingForHello(let until): min(until, nextPing, pongDeadline)
        case .greeted: min(nextPing, pongDeadline)
        case .closed: nil
        }
    }

    /// Whether a `hello` has been delivered.
    package var isGreeted: Bool { if case .greeted = state { true } else { false } }

    private var isClosed: Bool { if case .closed = state { true } else { false } }

    // MARK: What comes

    /// One whole WebSocket message as it came.
    ///
    /// - Parameter isText: whether its frames were text frames (RFC 6455 §5.6).
    package mutating func receive(
        bytes: [UInt8], isText: Bool, at now: MonotonicInstant
    ) -> [SignallingAction] {
        guard !isClosed else { return [] }
        guard isText else { return close(.unsupportedData, "text frames only") }
        guard bytes.count <= limits.messageBytes else { return tooBig() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return close(.invalidUTF8, "not UTF-8")
        }
        return receive(text: text, at: now)
    }

    /// One text message.
    package mutating func receive(text: String, at now: MonotonicInstant) -> [SignallingAction] {
        guard !isClosed else { return [] }
        guard text.utf8.count <= limits.messageBytes else { return tooBig() }
        let mayPass = bucket.take(at: now)
        // Read even when it is dropped, so that the answer carries its `id`. What that costs is bounded, because
        // the session closes after ``SignallingLimits/droppedMessages`` of them.
        let result = ClientMessageReader.read(text, limits: limits)
        guard mayPass else { return dropped(result, at: now) }
        switch state {
        case .waitingForHello: return first(result)
        case .greeted: return further(result)
        case .closed: return []
        }
    }

    /// A WebSocket pong has come.
    package mutating func pong(at now: MonotonicInstant) {
        pongDeadline = now.advanced(bySeconds: limits.pongSeconds)
    }

    /// The clock has reached ``deadline``.
    package mutating func tick(at now: MonotonicInstant) -> [SignallingAction] {
        switch state {
        case .closed: return []
        case .waitingForHello(let until) where now >= until: return close(.tooSlow, "no hello")
        case .waitingForHello, .greeted: break
        }
        if now >= pongDeadline { return close(.tooSlow, "no answer to a ping") }
        guard now >= nextPing else { return [] }
        nextPing = now.advanced(bySeconds: limits.pingSeconds)
        return [.ping]
    }

    // MARK: What may be said when

    private mutating func first(_ result: Result<ClientFrame, MessageFault>) -> [SignallingAction] {
        switch result {
        case .success(let frame):
            // Who is banned is hung up on, and yet may object: the Switchboard answers, and closes.
            if case .appeal = frame.message {
                state = .greeted
                return [.deliver(frame)]
            }
            guard case .hello(let version, _, _) = frame.message else {
                let error = ServerMessage.error(
                    code: .badMessage, message: "the first message must be 'hello'")
                return [.send(error, re: frame.id)] + close(.protocolError, "hello must be first")
            }
            guard version == limits.version else {
                let error = ServerMessage.error(
                    code: .unsupportedVersion, message: "this server speaks version \(limits.version)")
                return [.send(error, re: frame.id)] + close(.protocolError, "unsupported version")
            }
            state = .greeted
            return [.deliver(frame)]
        case .failure(let fault):
            return [Self.answer(fault)] + close(.protocolError, "hello must be first")
        }
    }

    /// `bad_json` and `bad_message` count towards the ten in a row, a good message ends the row.
    ///
    /// An unknown type does neither: a newer client may well send ten of them (PROTOCOL.md, first
    /// paragraph).
    private mutating func further(_ result: Result<ClientFrame, MessageFault>) -> [SignallingAction] {
        switch result {
        case .success(let frame):
            if case .hello = frame.message {
                return bad(MessageFault(code: .badMessage, message: "'hello' was said already", id: frame.id))
            }
            badInARow = 0
            return [.deliver(frame)]
        case .failure(let fault):
            return fault.code == .unknownType ? [Self.answer(fault)] : bad(fault)
        }
    }

    private mutating func bad(_ fault: MessageFault) -> [SignallingAction] {
        badInARow += 1
        guard badInARow >= limits.badMessagesInARow else { return [Self.answer(fault)] }
        return [Self.answer(fault)] + close(.protocolError, "too many bad messages in a row")
    }

    /// A message over the rate: answered, and otherwise as if it had never come.
    private mutating func dropped(
        _ result: Result<ClientFrame, MessageFault>, at now: MonotonicInstant
    ) -> [SignallingAction] {
        let window = MonotonicInstant(nanoseconds: 0).advanced(bySeconds: limits.dropWindowSeconds)
            .nanoseconds
        drops.removeAll { now.nanoseconds(since: $0) >= window }
        drops.append(now)
        let id: MessageID? =
            switch result {
            case .success(let frame): frame.id
            case .failure(let fault): fault.id
            }
        let error = ServerMessage.error(
            code: .rateLimited, message: "more than \(limits.messagesPerSecond) messages a second")
        guard drops.count >= limits.droppedMessages else { return [.send(error, re: id)] }
        return [.send(error, re: id)] + close(.rateLimited, "too many messages")
    }

    private mutating func tooBig() -> [SignallingAction] {
        close(.messageTooBig, "at most \(limits.messageBytes) bytes")
    }

    private mutating func close(_ code: CloseCode, _ reason: String) -> [SignallingAction] {
        state = .closed
        drops = []
        return [.close(code, reason)]
    }

    private static func answer(_ fault: MessageFault) -> SignallingAction {
        .send(.error(code: fault.code, message: fault.message), re: fault.id)
    }
}
