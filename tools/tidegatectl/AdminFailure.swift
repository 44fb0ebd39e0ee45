/// Why a command has not done what it was asked.
enum AdminFailure: Error, CustomStringConvertible {
    /// The server has said no, or knows no such id.
    ///
    /// `code`: as in PROTOCOL.md section 6, such as `unknown_pair`.
    case refused(status: Int, message: String, code: String = "")
    /// Nobody answers, or not as a Tidegate server does.
    case unreachable(String)
    /// Something on this machine is not as it must be; nothing was changed.
    case local(String)

    var exitStatus: ExitStatus {
        switch self {
        case .refused, .local: .refused
        case .unreachable: .unreachable
        }
    }

    var description: String {
        switch self {
        case .refused(401, _, _): "the server does not take this token"
        case .refused(_, let message, _): message
        case .unreachable(let why), .local(let why): why
        }
    }
}
