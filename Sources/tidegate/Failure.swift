import ArgumentParser
import Glibc

/// Why the server does not start: one sentence for the operator.
struct StartFailure: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Writes to standard error in one piece.
func complain(_ sentence: String) {
    let line = Array((sentence + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Writes one line to standard output in one piece, past any buffer.
func announce(_ line: String) {
    let line = Array((line + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}
