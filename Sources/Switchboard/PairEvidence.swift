import RelayTypes
import Storage

/// What a report tells of a pair besides who met whom.
///
/// In memory only: it is written down with a report, or never.
struct PairEvidence {
    let sharedInterests: [String]
    /// What the two had proved when they were matched.
    let bands: (first: Band?, second: Band?)
    /// Messages that reached the partner.
    private(set) var chatMessages = 0
    /// The last ones, oldest first.
    private(set) var transcript: [TranscriptLine] = []
    /// How many lines there have been.
    private var lines = 0

    init(sharedInterests: [String], bands: (first: Band?, second: Band?)) {
        self.sharedInterests = sharedInterests
        self.bands = bands
    }

    /// - Returns: the line's number, for ``passed(_:)``.
    @discardableResult
    mutating func note(_ line: TranscriptLine) -> Int {
        if !line.wasHeld { chatMessages += 1 }
        if transcript.count == TranscriptLine.most { transcript.removeFirst() }
        transcript.append(line)
        lines += 1
        return lines - 1
    }

    /// A line that was noted as held has reached the partner after all.
    mutating func passed(_ number: Int) {
        chatMessages += 1
        let index = number - (lines - transcript.count)
        if transcript.indices.contains(index) { transcript[index].wasHeld = false }
    }

    /// In bytes, about.
    var cost: Int {
        128 + sharedInterests.reduce(0) { $0 + $1.utf8.count }
            + transcript.reduce(0) { $0 + 48 + $1.text.utf8.count }
    }
}
