/// Why a listener does not open.
///
/// Always the machine's or the operator's fault; each is one sentence.
package enum FrontError: Error, Sendable, Equatable {
    case certificateUnreadable(path: String, why: String)
    case keyUnreadable(path: String, why: String)
    case certificateRefused(path: String, why: String)
    case cannotListen(on: String, why: String)
    case socketInUse(path: String)
    case socketFolder(path: String, why: String)
    case tokenUnreadable(path: String, why: String)
    case tokenTooShort(path: String, bytes: Int)
}

extension FrontError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .certificateUnreadable(let path, let why): "cannot read the TLS certificate \(path): \(why)"
        case .keyUnreadable(let path, let why): "cannot read the TLS key \(path): \(why)"
        case .certificateRefused(let path, let why):
            "cannot serve TLS with the certificate \(path) and its key: \(why)"
        case .cannotListen(let place, let why): "cannot listen on \(place): \(why)"
        case .socketInUse(let path): "another server is listening on the admin socket \(path); stop it first"
        case .socketFolder(let path, let why): "cannot use \(path) for the admin socket: \(why)"
        case .tokenUnreadable(let path, let why): "cannot read the admin token file \(path): \(why)"
        case .tokenTooShort(let path, let bytes):
            "the admin token in \(path) has \(bytes) bytes but must have at least 32; try: openssl rand -hex 32"
        }
    }
}
