internal import Foundation

/// How a run goes: one line that is written anew on a terminal, else a line every five seconds.
struct Progress: Sendable {
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    private let total: Double
    private var nextLine = 5.0
    private var hasLine = false

    /// - Parameter total: seconds that the run takes.
    init(total: Double) { self.total = total }

    mutating func show(_ timeline: Timeline, here: Int, people: Int) {
        guard let line = Self.line(timeline, here: here, people: people, total: total),
            let now = timeline.moments.last?.at
        else { return }
        if isTerminal {
            hasLine = true
            write("\r\u{1b}[K" + line.prefix(79))
        } else if now >= nextLine {
            nextLine = now + 5
            write(line + "\n")
        }
    }

    mutating func end() {
        if hasLine { write("\r\u{1b}[K") }
        hasLine = false
    }

    /// "  12 s  200/200 here  98 pairs  9,800 out  9,750 in /s  0 leaks  48 s left".
    static func line(_ timeline: Timeline, here: Int, people: Int, total: Double) -> String? {
        guard let last = timeline.moments.last else { return nil }
        let sent = timeline.rates { Double($0.sentPackets) }.last?.rate ?? 0
        let received = timeline.rates { Double($0.receivedPackets) }.last?.rate ?? 0
        let left = max(total - last.at, 0).rounded(.up)
        return "\(Figures.fixed(last.at, 0)) s  \(here)/\(people) here  \(last.matches) matches  "
            + "\(Figures.grouped(sent)) out \(Figures.grouped(received)) in /s  "
            + "\(Figures.count(last.leaks, "leak"))  \(Figures.fixed(left, 0)) s left"
    }

    private func write(_ text: some StringProtocol) {
        FileHandle.standardError.write(Data(String(text).utf8))
    }
}
