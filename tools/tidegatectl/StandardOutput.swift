import Foundation
import Synchronization

/// Where everything that a command prints goes through.
///
/// A reader that has seen enough (`| head -1`) ends the program quietly; a disk that takes nothing ends it with a
/// sentence, so that a cut-off file is not taken for a whole one.
enum StandardOutput {
    private static let isSilent = Atomic<Bool>(false)

    /// Called once, before anything is opened.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        // A file that is opened later must not get the number of a closed standard stream.
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            let opened = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
            if opened >= 0, opened != descriptor {
                dup2(opened, descriptor)
                close(opened)
            }
        }
    }

    /// From now on text is not printed: `--quiet`.
    static func silence() { isSilent.store(true, ordering: .relaxed) }

    /// Text for people or scripts.
    static func print(_ text: String) {
        guard !isSilent.load(ordering: .relaxed) else { return }
        write(Array(text.utf8).span)
    }

    /// Bytes that were asked for as such.
    ///
    /// They come with `--quiet` too.
    static func write(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    exit(ExitStatus.done.rawValue)
                } else if errno != EINTR {
                    complain("standard output cannot be written: \(String(cString: strerror(errno)))")
                    exit(ExitStatus.refused.rawValue)
                }
            }
        }
    }

    /// One sentence on standard error.
    static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data("tidegatectl: \(SafeText.line(sentence))\n".utf8))
    }
}

/// Prints one text, in this program always by way of ``StandardOutput``.
func print(_ text: String, terminator: String = "\n") { StandardOutput.print(text + terminator) }
