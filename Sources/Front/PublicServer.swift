internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle
internal import Telemetry

/// The public listener: the page, the WebSocket, and what a load balancer asks.
package struct PublicServer: Service {
    private let configuration: FrontConfiguration
    private let control: any ControlPlane
    private let logger: Logger
    private let tls: TLSConfiguration?
    private let onListening: @Sendable (ListenerAddress) async -> Void
    private let links = LiveLinks()
    private let limiter: ConnectionLimiter

    /// - Parameter onListening: called once, when connections are taken.
    /// - Throws: when the certificate or the key cannot be used.
    package init(
        configuration: FrontConfiguration, control: any ControlPlane, logger: Logger,
        onListening: @escaping @Sendable (ListenerAddress) async -> Void
    ) throws(FrontError) {
        self.configuration = configuration
        self.control = control
        self.logger = logger
        self.onListening = onListening
        tls = try TLSFiles.configuration(certificate: configuration.certificate, key: configuration.key)
        limiter = ConnectionLimiter(
            connections: configuration.limits.connections,
            perPrefix: configuration.limits.connectionsPerPrefix)
    }

    /// What `GET /metrics` shows of this listener.
    package var usage: FrontUsage {
        let counts = limiter.counts
        return FrontUsage(
            connections: counts.open, webSockets: links.count, refused: counts.refused,
            certificateExpiry: tls.flatMap(TLSFiles.expiry))
    }

    /// Listens until the group shuts down; then everyone is told, and the WebSockets are closed with 1012.
    package func run() async throws {
        let upgrade = WebSocketUpgrade(origins: configuration.origins)
        let routes = PublicRoutes(
            control: control, files: .embedded, upgrade: upgrade, isSecure: tls != nil,
            attest: configuration.developmentAttestation)
        let application = Application(
            router: routes.router(), server: try server(upgrade),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [onListening] channel in
                guard let address = ListenerAddress(channel.localAddress) else { return }
                await onListening(address)
            },
            logger: logger)
        let place = ListenerAddress(host: configuration.host, port: configuration.port).description
        try await withGracefulShutdownHandler {
            try await Listening.run(application, on: place)
        } onGracefulShutdown: { [control, links] in
            Task {
                await control.drain(within: 10)
                links.drain()
            }
        }
    }

    private func server(_ upgrade: WebSocketUpgrade) throws -> HTTPServerBuilder {
        let builder = HTTPServerBuilder { [configuration, control, links, limiter] responder in
            SignalChannel(
                responder: responder, upgrade: upgrade, limits: configuration.limits, limiter: limiter
            ) {
                channel in
                await WebSocketConnection(
                    channel, control: control, signalling: configuration.signalling,
                    limits: configuration.limits, links: links
                )
                .run()
            }
        }
        guard let tls else { return builder }
        return try .tls(builder, tlsConfiguration: tls)
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
