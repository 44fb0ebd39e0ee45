internal import Glibc
internal import Hummingbird
internal import NIOCore

/// Runs a Hummingbird application and tells its errors as sentences.
internal enum Listening {
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
