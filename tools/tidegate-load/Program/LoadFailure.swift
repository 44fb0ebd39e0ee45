/// Why there is no run, in one sentence.
enum LoadFailure: Error, Sendable, Equatable {
    /// The command line asks for what cannot be.
    case usage(String)
    /// The run could not be made, or not to its end.
    case cannotRun(String)
    /// The server does not believe the tool's issuer of age attestations.
    case issuerRefused(String)

    var sentence: String {
        switch self {
        case .usage(let text), .cannotRun(let text), .issuerRefused(let text): text
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .usage: 2
        case .cannotRun: 3
        case .issuerRefused: 4
        }
    }
}
