internal import FoundationEssentials
internal import Glibc

/// Makes room for the admin socket, and keeps others away from it.
internal enum AdminSocket {
    /// Makes the folder, and removes the socket of a server that is no more.
    ///
    /// - Throws: when another server listens there, or the path is taken by something else.
    internal static func prepare(_ path: String) throws(FrontError) {
        // sockaddr_un has 108 bytes for the path and its final zero (unix(7)).
        guard path.utf8.count < 108 else {
            throw .socketFolder(
                path: path, why: "the path is longer than the 107 bytes that a socket may have")
        }
        try makeFolder(of: path)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard attributes[.type] as? FileAttributeType == .typeSocket else {
            throw .socketFolder(path: path, why: "there is a file of this name that is not a socket")
        }
        if isAnswered(path) { throw .socketInUse(path: path) }
        guard unlink(path) == 0 else {
            throw .socketFolder(path: path, why: String(cString: strerror(errno)))
        }
    }

    /// Only the server's own user may connect.
    internal static func restrict(_ path: String) throws(FrontError) {
        guard chmod(path, 0o600) == 0 else {
            throw .socketFolder(path: path, why: String(cString: strerror(errno)))
        }
    }

    /// Makes the folder for its owner alone; one that exists is left as it is.
    private static func makeFolder(of path: String) throws(FrontError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in parts {
            folder += part + "/"
            guard mkdir(folder, 0o700) != 0, errno != EEXIST else { continue }
            throw .socketFolder(path: path, why: "cannot make \(folder): \(String(cString: strerror(errno)))")
        }
    }

    private static func isAnswered(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0
    }
}
