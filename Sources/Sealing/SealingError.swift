/// Why a file gives no key.
package enum SealingError: Error, Sendable, Equatable {
    case badKey(path: String, why: String)
}

extension SealingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badKey(let path, let why): "the key file \(path) cannot be used: \(why)"
        }
    }
}
