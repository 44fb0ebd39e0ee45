import Foundation
import Synchronization

/// Writes the log on a thread of its own: whoever logs never waits for whoever reads the log.
///
/// A reader that stands still (a full pipe, a stopped terminal) costs lines, never a moment of the control plane: a cut
/// must not wait behind the log line of another session. How many lines were lost is a line of its own.
final class LogWriter: Sendable {
    static let standard = LogWriter { complain($0) }

    /// Most lines that wait.
    static let most = 10_000

    private struct State {
        var lines: [String] = []
        var lost = 0
        /// Lines that have been taken, and are being written.
        var isWriting = false
    }

    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)
    private let emptied = DispatchSemaphore(value: 0)
    private let output: @Sendable (String) -> Void

    /// - Parameter output: writes one line; may block.
    init(output: @escaping @Sendable (String) -> Void) {
        self.output = output
        Thread.detachNewThread { self.run() }
    }

    func write(_ line: String) {
        state.withLock { state in
            if state.lines.count < Self.most { state.lines.append(line) } else { state.lost += 1 }
        }
        filled.signal()
    }

    /// Waits until everything is written, but no longer than this, in seconds.
    func flush(atMost seconds: Double = 1) {
        let limit = DispatchTime.now() + seconds
        filled.signal()
        while state.withLock({ !$0.lines.isEmpty || $0.lost > 0 || $0.isWriting }) {
            if emptied.wait(timeout: limit) == .timedOut { return }
        }
    }

    private func run() {
        while true {
            filled.wait()
            let (lines, lost) = state.withLock { state in
                defer { (state.lines, state.lost, state.isWriting) = ([], 0, true) }
                return (state.lines, state.lost)
            }
            for line in lines { output(line) }
            if lost > 0 { output("tidegate: \(lost) log lines were lost here: the log's reader is too slow") }
            state.withLock { $0.isWriting = false }
            emptied.signal()
        }
    }
}
