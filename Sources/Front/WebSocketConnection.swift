internal import Logging
internal import NIOCore
internal import NIOWebSocket
internal import RelayTypes
internal import Signalling
internal import Switchboard
internal import Synchronization

/// One client's WebSocket, from the upgrade to the end of the closing handshake.
///
/// Three things happen at once: frames are read, queued messages are written, and the session's deadlines are
/// kept. The session is what they share.
internal final class WebSocketConnection: Sendable {
    private let channel: NIOAsyncChannel<SignalInput, WebSocketFrame>
    private let control: any ControlPlane
    private let limits: FrontLimits
    private let links: LiveLinks
    private let link: WebSocketLink
    private let session: Mutex<SignallingSession>

    internal init(
        _ channel: NIOAsyncChannel<SignalInput, WebSocketFrame>, control: any ControlPlane,
        signalling: SignallingLimits, limits: FrontLimits, links: LiveLinks
    ) {
        self.channel = channel
        self.control = control
        self.limits = limits
        self.links = links
        link = WebSocketLink(capacity: limits.outgoingMessages)
        session = Mutex(SignallingSession(limits: signalling, now: .now()))
    }

    /// Runs until the WebSocket is gone, and tells the control plane when it came and how it went.
    internal func run() async {
        let remote = channel.channel.remoteAddress
        let connection = await control.connect(
            link, address: remote?.ipAddress ?? "", port: UInt16(clamping: remote?.port ?? 0))
        links.add(link)
        defer { links.remove(link) }
        var clean = false
        do {
            clean = try await channel.executeThenClose { inbound, outbound in
                await converse(inbound, outbound, as: connection)
            }
        } catch {
            // Only the close itself can throw here, and then there is nothing left to close.
        }
        link.close(with: nil, reason: "")  // Whatever the Switchboard still says goes nowhere.
        await control.disconnected(connection, clean: clean)
    }

    /// - Returns: whether the client has said goodbye.
    private func converse(
        _ inbound: NIOAsyncChannelInboundStream<SignalInput>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, as connection: ConnectionID
    ) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepDeadlines() }
            group.addTask { await self.endWhatDoesNotClose() }
            async let written: Void = write(to: outbound)
            let goodbye = await read(from: inbound, as: connection)
            switch goodbye {
            case .client(let code):
                // Answer with the same code (RFC 6455 §5.5.1), after everything that was queued before.
                link.close(with: code, reason: "")
                await written
                group.cancelAll()
                return code == CloseCode.normal.rawValue || code == CloseCode.goingAway.rawValue
            case .none:
                link.close(with: nil, reason: "")
                channel.channel.close(promise: nil)
                await written
                group.cancelAll()
                return false
            }
        }
    }

    private enum Goodbye {
        case client(UInt16?)
        /// The stream has ended without one.
        case none
    }

    private func read(
        from inbound: NIOAsyncChannelInboundStream<SignalInput>, as connection: ConnectionID
    ) async -> Goodbye {
        var assembler = MessageAssembler(limit: limits.messageBytes)
        do {
            for try await input in inbound {
                let verdict: MessageAssembler.Verdict
                switch input {
                case .frame(let frame): verdict = assembler.receive(frame)
                case .fault(let code, let reason): verdict = .fault(code, reason)
                }
                // While closing, only the client's own close matters (RFC 6455 §1.4).
                if case .close(let code) = verdict { return .client(code) }
                guard !link.isClosing else { continue }
                let now = MonotonicInstant.now()
                switch verdict {
                case .text(let text):
                    await perform(session.withLock { $0.receive(text: text, at: now) }, as: connection)
                case .ping(let data): link.pong(data)
                case .pong: session.withLock { $0.pong(at: now) }
                case .fault(let code, let reason): link.close(with: code, reason: reason)
                case .incomplete, .close: break
                }
            }
        } catch {
            // A reset connection, or TLS that has gone wrong: the same as one that ended.
        }
        return .none
    }

    private func perform(_ actions: [SignallingAction], as connection: ConnectionID) async {
        for action in actions {
            switch action {
            case .deliver(let frame): await control.receive(frame, from: connection)
            case .send(let message, let re): link.send(message, re: re)
            case .close(let code, let reason): link.close(code, reason: reason)
            case .ping: link.ping()
            }
        }
    }

    /// Writes until the close frame has gone out, or nothing can be written any more.
    private func write(to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async {
        for await _ in link.wakeUps {
            while let outgoing = link.take() {
                do {
                    try await outbound.write(Self.frame(outgoing))
                } catch {
                    return
                }
                if case .close = outgoing { return }
            }
        }
    }

    private static func frame(_ outgoing: WebSocketLink.Outgoing) -> WebSocketFrame {
        switch outgoing {
        case .message(let text):
            return WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
        case .ping: return WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
        case .pong(let data): return WebSocketFrame(fin: true, opcode: .pong, data: data)
        case .close(let code, let reason):
            var data = ByteBuffer()
            if let code {
                data.writeInteger(code)
                // A control frame has at most 125 bytes (RFC 6455 §5.5); ours are ASCII.
                data.writeBytes(reason.utf8.prefix(123))
            }
            return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        }
    }

    /// Comes back to the session whenever it wants to: hello in time, pings, silence.
    private func keepDeadlines() async {
        while !Task.isCancelled, !link.isClosing {
            let now = MonotonicInstant.now()
            let deadline = session.withLock { $0.deadline } ?? .never
            guard now >= deadline else {
                // At most 5 s at a time: what arrives in between may bring the deadline nearer.
                let wait = min(deadline.nanoseconds(since: now), 5_000_000_000)
                try? await Task.sleep(nanoseconds: wait)
                continue
            }
            for action in session.withLock({ $0.tick(at: now) }) {
                switch action {
                case .deliver: break  // A tick brings no message of the client's.
                case .send(let message, let re): link.send(message, re: re)
                case .close(let code, let reason): link.close(code, reason: reason)
                case .ping: link.ping()
                }
            }
            // Whatever the session says, this loop never takes a core for itself.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// A client has a few seconds for its part of the closing handshake, and to read what was sent before.
    private func endWhatDoesNotClose() async {
        for await _ in link.closing {}
        do {
            try await Task.sleep(for: .seconds(limits.closeSeconds))
        } catch {
            return
        }
        channel.channel.close(promise: nil)
    }
}
