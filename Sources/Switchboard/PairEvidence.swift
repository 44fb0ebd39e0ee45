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

    init(sharedInterests: [String], bands: (first: Band?, second: Band?)) {
        self.sharedInterests = sharedInterests
        self.bands = bands
    }

    mutating func note(_ line: TranscriptLine) {
        if !line.wasHeld { chatMessages += 1 }
        if transcript.count == TranscriptLine.most { transcript.removeFirst() }
        transcript.append(line)
    }

    /// In bytes, about.
    var cost: Int {
        128 + sharedInterests.reduce(0) { $0 + $1.utf8.count }
            + transcript.reduce(0) { $0 + 48 + $1.text.utf8.count }
    }
}
