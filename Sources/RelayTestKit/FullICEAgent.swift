internal import CNiceAgent
package import RelayTypes
internal import Synchronization

/// A full ICE agent that is not ours: libnice's, with one stream of one component and a thread of its own.
///
/// It meets the server as a browser would, by the standard alone. Towards an ICE-lite server it is the
/// controlling side (RFC 8445 §6.1.1). It uses only the local addresses that it is given.
package final class FullICEAgent: @unchecked Sendable {
    // Unchecked: libnice locks its agent by itself, and what is set after `init` is under `stopped`'s lock.

    /// What the agent tells, on its own thread.
    package struct Handlers: Sendable {
        package let datagram: @Sendable ([UInt8]) -> Void
        package let state: @Sendable (State) -> Void

        package init(
            datagram: @escaping @Sendable ([UInt8]) -> Void, state: @escaping @Sendable (State) -> Void
        ) {
            self.datagram = datagram
            self.state = state
        }
    }

    /// libnice's component states.
    package enum State: UInt32, Sendable {
        case disconnected = 0
        case gathering = 1
        case connecting = 2
        case connected = 3
        case ready = 4
        case failed = 5
    }

    /// A signal's context: what GLib's thread may touch.
    private final class Context: Sendable {
        let handlers: Handlers
        let gathered = Monitor(false)
        let quit = Atomic(false)

        init(_ handlers: Handlers) { self.handlers = handlers }
    }

    /// This side's credentials, as libnice made them.
    package let credentials: ICECredentials
    private let agent: OpaquePointer
    private let loop: OpaquePointer
    private let stream: guint
    private let context: Context
    private let retained: Unmanaged<Context>
    private let thread: PlainThread
    private let stopped = Mutex(false)
    private static let component: guint = 1

    /// - Parameters:
    ///   - controlling: `true` towards an ICE-lite server.
    ///   - localAddresses: numeric addresses to gather on, and no others.
    ///   - consentFreshness: whether to renew consent as RFC 7675 §5.1 says.
    /// - Throws: ``TestKitError/agent(_:)``
    package init(
        controlling: Bool, localAddresses: [String], consentFreshness: Bool, handlers: Handlers
    ) throws(TestKitError) {
        guard let loop = g_main_context_new() else { throw .agent("no GLib main context") }
        guard let agent = cnice_agent_new(loop, controlling ? 1 : 0, consentFreshness ? 1 : 0) else {
            g_main_context_unref(loop)
            throw .agent("no agent")
        }
        for text in localAddresses {
            var address = NiceAddress()
            nice_address_init(&address)
            guard nice_address_set_from_string(&address, text) != 0,
                nice_agent_add_local_address(agent, &address) != 0
            else {
                cnice_agent_unref(agent)
                g_main_context_unref(loop)
                throw .agent("not a local address: \(text)")
            }
        }
        let context = Context(handlers)
        let retained = Unmanaged.passRetained(context)  // Given back by `stop`.
        Self.connectSignals(of: agent, to: retained.toOpaque())
        let stream = nice_agent_add_stream(agent, 1)
        nice_agent_attach_recv(
            agent, stream, Self.component, loop,
            { _, _, _, length, bytes, pointer in
                guard let bytes, let pointer else { return }
                let datagram = UnsafeRawBufferPointer(start: bytes, count: Int(length))
                Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
                    .handlers.datagram([UInt8](datagram))
            }, retained.toOpaque())
        let loopAddress = UInt(bitPattern: loop)
        let thread = PlainThread {
            guard let loop = OpaquePointer(bitPattern: loopAddress) else { return }
            g_main_context_push_thread_default(loop)
            while !context.quit.load(ordering: .acquiring) { g_main_context_iteration(loop, 1) }
            g_main_context_pop_thread_default(loop)
        }
        let gathering = stream != 0 && nice_agent_gather_candidates(agent, stream) != 0
        let gathered = gathering && context.gathered.block(atMost: 10) { $0 }
        let credentials = gathered ? Self.localCredentials(of: agent, stream: stream) : nil
        guard let credentials else {
            Self.tearDown(agent: agent, stream: stream, loop: loop, context: context, thread: thread)
            retained.release()
            throw .agent("no candidates on \(localAddresses.joined(separator: ", "))")
        }
        self.credentials = credentials
        self.agent = agent
        self.loop = loop
        self.stream = stream
        self.context = context
        self.retained = retained
        self.thread = thread
    }

    deinit { stop() }

    /// This side's host candidates.
    package var candidates: [Endpoint] {
        guard let list = nice_agent_get_local_candidates(agent, stream, Self.component) else { return [] }
        defer { cnice_candidates_free(list) }
        var found: [Endpoint] = []
        var item: UnsafeMutablePointer<GSList>? = list
        while let current = item {
            if let candidate = current.pointee.data?.assumingMemoryBound(to: NiceCandidate.self) {
                var text = [CChar](repeating: 0, count: Int(NICE_ADDRESS_STRING_LEN))
                nice_address_to_string(&candidate.pointee.addr, &text)
                let port = UInt16(truncatingIfNeeded: nice_address_get_port(&candidate.pointee.addr))
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                if let endpoint = NumericAddress.endpoint(String(decoding: bytes, as: UTF8.self), port: port)
                {
                    found.append(endpoint)
                }
            }
            item = current.pointee.next
        }
        return found
    }

    /// Tells the agent who is at the other end; connectivity checks begin at once.
    package func setRemote(credentials: ICECredentials, candidates: [Endpoint]) throws(TestKitError) {
        guard
            nice_agent_set_remote_credentials(
                agent, stream, credentials.usernameFragment, credentials.password) != 0
        else { throw .agent("remote credentials refused") }
        var list: UnsafeMutablePointer<GSList>?
        for (index, candidate) in candidates.enumerated() {
            // Host candidates of one component, earlier ones preferred (RFC 8445 §5.1.2.1).
            let priority = UInt32(126) << 24 | UInt32(truncatingIfNeeded: 65_535 - index) << 8 | 255
            if let made = cnice_host_candidate(
                candidate.address, guint(candidate.port), priority, stream, Self.component,
                guint(truncatingIfNeeded: index + 1))
            {
                list = g_slist_append(list, made)
            }
        }
        defer { cnice_candidates_free(list) }
        guard nice_agent_set_remote_candidates(agent, stream, Self.component, list) > 0 else {
            throw .agent("remote candidates refused")
        }
        nice_agent_peer_candidate_gathering_done(agent, stream)
    }

    /// Sends over the selected pair; best effort, like the network.
    ///
    /// - Returns: whether the agent took it.
    @discardableResult
    package func send(_ datagram: [UInt8]) -> Bool {
        let sent = datagram.withUnsafeBytes { bytes in
            nice_agent_send(
                agent, stream, Self.component, guint(truncatingIfNeeded: bytes.count),
                bytes.baseAddress?.assumingMemoryBound(to: gchar.self))
        }
        return sent >= 0
    }

    /// Ends the agent and its thread.
    ///
    /// No handler runs after it returns. Not from a handler.
    package func stop() {
        let first = stopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard first else { return }
        Self.tearDown(agent: agent, stream: stream, loop: loop, context: context, thread: thread)
        retained.release()
    }

    private static func tearDown(
        agent: OpaquePointer, stream: guint, loop: OpaquePointer, context: Context, thread: PlainThread
    ) {
        context.quit.store(true, ordering: .releasing)
        g_main_context_wakeup(loop)
        thread.join()
        if stream != 0 {
            nice_agent_attach_recv(agent, stream, component, loop, nil, nil)
            nice_agent_remove_stream(agent, stream)
        }
        cnice_agent_unref(agent)
        g_main_context_unref(loop)
    }

    private static func connectSignals(of agent: OpaquePointer, to context: UnsafeMutableRawPointer) {
        cnice_on_component_state(
            agent,
            { _, _, _, state, pointer in
                guard let pointer, let state = State(rawValue: state) else { return }
                Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue().handlers.state(state)
            }, context)
        cnice_on_gathering_done(
            agent,
            { _, _, pointer in
                guard let pointer else { return }
                Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue().gathered.update { $0 = true }
            }, context)
    }

    private static func localCredentials(of agent: OpaquePointer, stream: guint) -> ICECredentials? {
        var fragment: UnsafeMutablePointer<gchar>?
        var password: UnsafeMutablePointer<gchar>?
        guard nice_agent_get_local_credentials(agent, stream, &fragment, &password) != 0 else { return nil }
        defer {
            g_free(fragment)
            g_free(password)
        }
        guard let fragment, let password else { return nil }
        return ICECredentials(
            usernameFragment: String(cString: fragment), password: String(cString: password))
    }
}
