internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// The public listener: the page, the WebSocket, and what a load balancer asks.
package struct PublicServer: Service {
    private let live: LiveSettings
    private let control: any ControlPlane
    private let logger: Logger
    private let onListening: @Sendable (ListenerAddress) async -> Void
    private let links = LiveLinks()
    private let channels = OpenChannels()
    private let limiter: ConnectionLimiter
    private let door = Door()

    /// - Parameter onListening: called once, when connections are taken.
    /// - Throws: when the certificate or the key cannot be used.
    package init(
        configuration: FrontConfiguration, control: any ControlPlane, logger: Logger,
        onListening: @escaping @Sendable (ListenerAddress) async -> Void
    ) throws(FrontError) {
        live = LiveSettings(try FrontSettings(configuration))
        self.control = control
        self.logger = logger
        self.onListening = onListening
        limiter = ConnectionLimiter(
            connections: configuration.limits.connections,
            perPrefix: configuration.limits.connectionsPerPrefix)
    }

    /// What `GET /metrics` shows of this listener.
    package var usage: FrontUsage {
        let counts = limiter.counts
        return FrontUsage(
            connections: counts.open, webSockets: links.count, refused: counts.refused,
            certificateExpiry: live.now.certificateExpiry)
    }

    /// Goes by other settings for every new connection: certificate, origins, limits.
    ///
    /// Where it listens, and whether it speaks TLS, is settled at the start.
    package func adopt(_ settings: FrontSettings) {
        live.adopt(settings)
        let limits = settings.configuration.limits
        limiter.limit(connections: limits.connections, perPrefix: limits.connectionsPerPrefix)
    }

    /// Takes no connection any more, so that another process at the same place gets them all; open ones stay.
    package func stopListening() { door.shut() }

    /// Listens until the group shuts down; then everyone is told, and the WebSockets are closed with 1012.
    package func run() async throws {
        let handler = channelHandler()
        let logger = logger
        let listener = try await Listening.open(live.now.configuration) { channel in
            handler.setup(channel: channel, logger: logger)
        }
        door.guards(listener.channel)
        await withGracefulShutdownHandler {
            if let address = ListenerAddress(listener.channel.localAddress) { await onListening(address) }
            await withDiscardingTaskGroup { group in
                do {
                    try await listener.executeThenClose { connections in
                        for try await connection in connections {
                            group.addTask { await handler.handle(value: connection, logger: logger) }
                        }
                    }
                } catch is CancellationError {
                    // The group is torn down.
                } catch {
                    logger.error("the public listener failed", metadata: ["error": "\(error)"])
                }
            }
            // One that was shut for another process goes when the group does.
            try? await gracefulShutdown()
        } onGracefulShutdown: { [door, channels, control, links] in
            door.shut()
            Task {
                await control.drain(within: 10)
                links.drain()
                channels.quiesce()
            }
        }
    }

    private func channelHandler() -> SignalChannel {
        SignalChannel(responder: responder(), live: live, limiter: limiter, channels: channels) {
            [live, control, links] channel in
            let configuration = live.now.configuration
            await WebSocketConnection(
                channel, control: control, signalling: configuration.signalling, limits: configuration.limits,
                links: links
            )
            .run()
        }
    }

    /// Answers requests by the routes, as the library's own server does.
    private func responder() -> HTTPChannelHandler.Responder {
        let settings = live.now
        var attest: FrontConfiguration.DevelopmentAttestation?
        if settings.configuration.developmentAttestation != nil {
            attest = { [live] nonce, band in
                guard let attest = live.now.configuration.developmentAttestation else { return nil }
                return try await attest(nonce, band)
            }
        }
        let router = PublicRoutes(
            control: control, files: .embedded, live: live, isSecure: settings.tls != nil, attest: attest
        )
        .router()
        let routes: RouterResponder<PublicRoutes.Context> = router.buildResponder()
        return { [logger] (request: Request, writer: consuming ResponseWriter, channel: any Channel) in
            let context = PublicRoutes.Context(
                source: ApplicationRequestContextSource(channel: channel, logger: logger))
            let response = try await Self.response(to: request, by: routes, context, logger)
            try await writer.write(response: response.head, body: response.body)
        }
    }

    private static func response(
        to request: Request, by routes: some HTTPResponder<PublicRoutes.Context>,
        _ context: PublicRoutes.Context,
        _ logger: Logger
    ) async throws -> Response {
        var response: Response
        do {
            response = try await routes.respond(to: request, context: context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            logger.debug("request failed", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError)
        }
        response.headers[.date] = HTTPDate.text()
        return response
    }
}

/// The listening socket, so that it can be closed before the connections are.
private final class Door: Sendable {
    private struct State {
        var listener: (any Channel)?
        var isShut = false
    }

    private let state = Mutex(State())

    func guards(_ listener: any Channel) {
        let isLate = state.withLock { state in
            state.listener = listener
            return state.isShut
        }
        if isLate { listener.close(promise: nil) }
    }

    func shut() {
        let listener = state.withLock { state in
            state.isShut = true
            return state.listener
        }
        listener?.close(promise: nil)
    }
}

/// How many connections the public listener has.
package struct FrontUsage: Sendable, Equatable {
    package var connections: Int
    package var webSockets: Int
    package var refused: UInt64
    /// When the certificate that is shown ends, in Unix time; `nil` without TLS.
    package var certificateExpiry: Double?

    package init(connections: Int, webSockets: Int, refused: UInt64, certificateExpiry: Double? = nil) {
        self.connections = connections
        self.webSockets = webSockets
        self.refused = refused
        self.certificateExpiry = certificateExpiry
    }
}
