internal import Glibc
internal import Hummingbird
internal import NIOCore
internal import NIOPosix

/// Opens listeners and tells their errors as sentences.
internal enum Listening {
    /// Connections that may wait to be taken.
    private static let backlog: Int32 = 256
    /// Lets several processes of one user listen at one place; the kernel shares the connections out (socket(7)).
    private static let sharing = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

    /// Opens the public listener: at its place, or on a socket that is open already.
    internal static func open<Connection: Sendable>(
        _ configuration: FrontConfiguration,
        setup: @escaping @Sendable (any Channel) -> EventLoopFuture<Connection>
    ) async throws -> NIOAsyncChannel<Connection, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        let place = ListenerAddress(host: configuration.host, port: configuration.port).description
        do {
            if let socket = configuration.socket {
                return try await bootstrap.bind(socket, childChannelInitializer: setup)
            }
            if configuration.sharesPort {
                return try await bootstrap.serverChannelOption(.socketOption(sharing), value: 1)
                    .bind(host: configuration.host, port: configuration.port, childChannelInitializer: setup)
            }
            return try await bootstrap.bind(
                host: configuration.host, port: configuration.port, childChannelInitializer: setup)
        } catch let error as IOError {
            throw FrontError.cannotListen(on: place, why: sentence(error.errnoCode))
        } catch let error as SocketAddressError {
            throw FrontError.cannotListen(on: place, why: unresolved(error))
        }
    }

    /// Runs a Hummingbird application.
    ///
    /// - Parameter place: what could not be listened on, for the sentence.
    internal static func run(_ application: some ApplicationProtocol, on place: String) async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw FrontError.cannotListen(on: place, why: sentence(error.errnoCode))
        } catch let error as SocketAddressError {
            throw FrontError.cannotListen(on: place, why: unresolved(error))
        }
    }

    internal static func sentence(_ code: Int32) -> String {
        switch code {
        case EADDRINUSE: "another program has this address; stop it or choose another port"
        case EACCES: "not permitted; ports below 1024 need CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL: "this machine has no such address"
        default: String(cString: strerror(code))
        }
    }

    private static func unresolved(_ error: SocketAddressError) -> String {
        switch error {
        case .unknown(let host, _): "the name \(host) is not known"
        case .unixDomainSocketPathTooLong: "the path is longer than the 107 bytes of a Unix socket's name"
        default: "this is not an address"
        }
    }
}
