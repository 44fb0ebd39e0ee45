internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle

/// The operator's listener: a Unix socket, or TCP with a token.
package struct AdminServer: Service {
    /// Where it listens.
    package enum Place: Sendable, Equatable {
        /// A socket that only the server's own user may use.
        case socket(path: String)
        /// Needs the token in this file; without a certificate and its key it speaks plain HTTP.
        case tcp(host: String, port: Int, tokenFile: String, certificate: String = "", key: String = "")
    }

    private let place: Place
    private let control: any ControlPlane
    private let usage: @Sendable () -> FrontUsage
    private let token: BearerToken?
    private let sources: SourceKeys
    private let config: (any ConfigControl)?
    private let tls: TLSConfiguration?
    private let logger: Logger
    private let onListening: @Sendable (String) async -> Void

    /// - Parameters:
    ///   - sources: who outside may bring reports; one for all listeners, so that wrong keys are counted together.
    ///   - config: what reload and the configuration are asked of.
    ///   - usage: what the public listener counts.
    ///   - onListening: called once, with the path or `HOST:PORT`.
    /// - Throws: when the token is missing or short, or the socket's place cannot be used.
    package init(
        at place: Place, control: any ControlPlane, sources: SourceKeys = SourceKeys(),
        config: (any ConfigControl)? = nil,
        usage: @escaping @Sendable () -> FrontUsage, logger: Logger,
        onListening: @escaping @Sendable (String) async -> Void
    ) throws(FrontError) {
        self.place = place
        self.control = control
        self.usage = usage
        self.sources = sources
        self.config = config
        self.logger = logger
        self.onListening = onListening
        switch place {
        case .socket(let path):
            (token, tls) = (nil, nil)
            try AdminSocket.prepare(path)
        case .tcp(_, _, let file, let certificate, let key):
            token = try BearerToken(file: file)
            tls = try TLSFiles.configuration(certificate: certificate, key: key)
        }
    }

    /// Listens until the group shuts down.
    package func run() async throws {
        let address: BindAddress
        let name: String
        switch place {
        case .socket(let path):
            address = .unixDomainSocket(path: path)
            name = path
        case .tcp(let host, let port, _, _, _):
            address = .hostname(host, port: port)
            name = ListenerAddress(host: host, port: port).description
        }
        let opened = OpenedListener()
        let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(60)))
        let application = Application(
            router: AdminRoutes(
                control: control, usage: usage, token: token, sources: sources, config: config
            )
            .router(),
            server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
            configuration: ApplicationConfiguration(address: address),
            onServerRunning: { [place, onListening] channel in
                if case .socket(let path) = place {
                    do throws(FrontError) {
                        try AdminSocket.restrict(path)
                    } catch {
                        opened.fail(with: error)
                        channel.close(promise: nil)
                        return
                    }
                    return await onListening(path)
                }
                guard let address = ListenerAddress(channel.localAddress) else { return }
                await onListening(address.description)
            },
            logger: logger)
        try await Listening.run(application, on: name)
        if let failure = opened.failure { throw failure }
    }
}
