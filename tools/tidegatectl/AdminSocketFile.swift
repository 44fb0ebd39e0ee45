import Foundation

/// The file of the admin socket, looked at before it is used: each way of being the wrong one has its sentence.
struct AdminSocketFile {
    /// `sun_path` of unix(7) without its NUL.
    private static let longestPath = 107

    let path: String

    func check() throws(AdminFailure) {
        guard path.utf8.count <= Self.longestPath else {
            throw .unreachable("the path of a socket has at most \(Self.longestPath) bytes: \(path)")
        }
        var entry = stat()
        guard stat(path, &entry) == 0 else {
            throw .unreachable(
                errno == EACCES
                    ? "this user may not look into the folder of \(path)"
                    : "there is no socket at \(path); is the server running, and is this the folder it runs in?"
            )
        }
        guard entry.st_mode & S_IFMT == S_IFSOCK else {
            throw .unreachable("\(path) is not a socket; admin.socket in the configuration says where it is")
        }
        guard access(path, W_OK) == 0 else {
            throw .unreachable("this user may not use \(path): it is for the user that the server runs as")
        }
    }
}
