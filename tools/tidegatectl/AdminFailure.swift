/// Why a command has not done what it was asked.
enum AdminFailure: Error, CustomStringConvertible {
    /// The server has said no, or knows no such id.
    case refused(status: Int, message: String)
    /// Nobody answers, or not as a Tidegate server does.
    case unreachable(String)
    /// Something on this machine is not as it must be; nothing was changed.
    case local(String)

    var exitStatus: Int32 {
        switch self {
        case .refused, .local: 1
        case .unreachable: 2
        }
    }

    var description: String {
        switch self {
        case .refused(401, _): "the server does not take this token"
        case .refused(_, let message): message
        case .unreachable(let why), .local(let why): why
        }
    }
}
