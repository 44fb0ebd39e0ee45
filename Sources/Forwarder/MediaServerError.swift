package import DTLS

/// Why the data plane did not open: each is one sentence that an operator can act on.
package enum MediaServerError: Error, Sendable, Equatable {
    case noAddresses
    /// More than an endpoint can name.
    case tooManyAddresses(Int)
    case badWorkers(Int)
    case badLegs(Int)
    /// `port + n` would be above 65,535.
    case portsExceeded(port: UInt16, workers: Int)
    /// A wildcard, and nothing that candidates could say instead.
    case wildcard(String)
    case socket(SocketError)
    case dtls(DTLSError)
    case cannotStartThread(errno: Int32)
}

extension MediaServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noAddresses: "media.listen names no address; list at least one that this machine has"
        case .tooManyAddresses(let count): "media.listen names \(count) addresses; 32 are the most"
        case .badWorkers(let count): "media.workers is \(count) but must be between 1 and 256"
        case .badLegs(let count): "the legs of a worker are \(count) but must be between 2 and 1000000"
        case .portsExceeded(let port, let workers):
            "media.port \(port) is too high for \(workers) workers, which need one port each up to 65535"
        case .wildcard(let address):
            "\(address) is no address that a browser can reach; "
                + "list the machine's own addresses in media.listen, or say in media.announce what candidates name"
        case .socket(let error): error.description
        case .dtls(let error): error.description
        case .cannotStartThread(let code): "a worker thread cannot be started: \(SocketError.text(code))"
        }
    }
}
