internal import Glibc

/// Looks whether a file that the configuration names can be read, and says why not.
enum FileProbe {
    /// Most bytes that any file named in the configuration may have.
    static let limit = 4 * 1_024 * 1_024

    /// Reads a whole regular file.
    static func read(_ path: String) throws(FileProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1_024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileProblem(errno: errno)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= limit else { throw FileProblem(reason: "larger than 4 MiB") }
        }
    }
}

/// Why a file could not be read, in the system's words.
struct FileProblem: Error, Equatable {
    let reason: String

    init(reason: String) { self.reason = reason }

    init(errno code: Int32) {
        switch code {
        case ENOENT: reason = "no such file"
        case EACCES, EPERM: reason = "permission denied"
        case EISDIR: reason = "it is a folder"
        default: reason = String(cString: strerror(code))
        }
    }
}
