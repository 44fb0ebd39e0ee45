import Dispatch
import Foundation
import Glibc

/// The terminal in raw mode and on its alternate screen, until it is given back.
///
/// What it was is put back by ``restore()``, which may be called more than once, and by `deinit`.
struct Terminal: ~Copyable {
    private let before: termios

    /// - Returns: `nil` where standard input and output are not one terminal that can place its cursor.
    init?() {
        var settings = termios()
        let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, kind != "dumb", !kind.isEmpty,
            tcgetattr(STDIN_FILENO, &settings) == 0
        else { return nil }
        before = settings
        enter()
    }

    deinit { Self.restore(before) }

    /// Raw mode, the alternate screen, no cursor; again after the process was stopped.
    func enter() {
        var raw = before
        cfmakeraw(&raw)
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    func restore() { Self.restore(before) }

    private static func restore(_ before: termios) {
        write("\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l")
        var before = before
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    }

    /// Columns and rows; 80 and 24 where the terminal does not say.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Writes all of it; a terminal that has gone takes nothing.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...]
                .withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// What comes from the keyboard and from signals.
enum TerminalInput: Sendable {
    case bytes([UInt8])
    /// The keyboard is gone.
    case closed
    case signal(Int32)
}

/// Reads the keyboard and catches signals, and tells both to one place.
final class TerminalInputs {
    private let sources: [any DispatchSourceProtocol]

    /// - Parameter tell: called on a queue of its own.
    init(_ signals: [Int32], tell: @escaping @Sendable (TerminalInput) -> Void) {
        let queue = DispatchQueue(label: "keyboard")
        let keyboard = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
        keyboard.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count > 0 {
                tell(.bytes(Array(buffer.prefix(count))))
            } else if count == 0 || errno != EINTR && errno != EAGAIN {
                tell(.closed)
            }
        }
        var sources: [any DispatchSourceProtocol] = [keyboard]
        for number in signals {
            // Else it ends the process before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { tell(.signal(number)) }
            sources.append(source)
        }
        self.sources = sources
        for source in sources { source.resume() }
    }

    deinit { for source in sources { source.cancel() } }
}
