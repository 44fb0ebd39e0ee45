import Foundation

/// Where a capture goes: a file that only its owner can read, or standard output.
///
/// The file is opened before the server is asked, and emptied only when something comes: what cannot be written is not
/// captured, and what is refused destroys nothing.
final class CaptureFile {
    private let path: String
    private let descriptor: Int32
    private let isNew: Bool
    private var hasContent = false

    init(path: String) throws(AdminFailure) {
        self.path = path
        guard path != "-" else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw .local("a capture is not for a terminal: name a file, or send it to another program")
            }
            (descriptor, isNew) = (-1, false)
            return
        }
        let existing = access(path, F_OK) == 0
        let opened = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw .local("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        (descriptor, isNew) = (opened, !existing)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws(AdminFailure) {
        guard descriptor >= 0 else { return StandardOutput.write(bytes.span) }
        if !hasContent {
            hasContent = true
            // A device or a pipe cannot be emptied, and need not be.
            if !isNew { _ = ftruncate(descriptor, 0) }
        }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: $0[start...]).baseAddress,
                    bytes.count - start)
            }
            if count >= 0 {
                start += count
            } else if errno != EINTR {
                throw .local("\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Takes a file away that was made for nothing.
    func giveUp() {
        if descriptor >= 0, isNew, !hasContent { unlink(path) }
    }
}
