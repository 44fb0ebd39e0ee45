internal import Foundation
internal import Histogram
internal import LoadEngine

/// What a run has shown.
struct Verdict: Sendable, Equatable, Codable {
    /// Of this shape of the JSON.
    var version = 1
    var run: Run
    /// By why; `chat_` before those of chat messages.
    var leaks: [String: UInt64]
    var cuts: Cuts
    var setUp: SetUp
    var steady: Steady
    var server: Server?
    var matching: Matching
    var cheats: [Cheat]
    var counters: [String: UInt64]
    var surprises: [String: UInt64]
    /// What got through, in words.
    var breaches: [String]
    var tool: Tool
    /// What else a reader must know.
    var remarks: [String]
    var timeline: [Moment]

    private enum CodingKeys: String, CodingKey {
        case version, run, leaks, cuts, steady, server, matching, cheats, counters, surprises, breaches, tool
        case remarks, timeline
        case setUp = "set_up"
    }

    var leakCount: UInt64 { leaks.values.reduce(0, &+) }
    var throughCount: UInt64 { cheats.reduce(0) { $0 &+ $1.through } }

    /// Whether nothing has happened that must not.
    var isClean: Bool {
        leakCount == 0 && throughCount == 0 && matching.repeatedPartners == 0 && matching.bandsMixed == 0
    }

    /// 0 clean, 1 not; 3 where the run could not be made to its end.
    var exitStatus: Int32 {
        guard isClean else { return 1 }
        return couldNotRun ? 3 : 0
    }

    /// Set when the server went away, or nobody ever got in.
    var couldNotRun = false

    /// One line.
    var summary: String {
        guard isClean else {
            let wrong = [
                leakCount > 0 ? Figures.count(leakCount, "leak") : nil,
                throughCount > 0 ? Figures.count(throughCount, "cheat") + " got through" : nil,
                matching.repeatedPartners > 0
                    ? Figures.count(matching.repeatedPartners, "repeated partner") : nil,
                matching.bandsMixed > 0
                    ? Figures.count(matching.bandsMixed, "match", "matches") + " across bands" : nil,
            ]
            return "NOT CLEAN: " + wrong.compactMap { $0 }.joined(separator: ", ")
        }
        return couldNotRun
            ? "NO VERDICT: the run could not be made"
            : "CLEAN: 0 leaks, 0 cheats through, 0 repeated partners"
    }

    /// Members in alphabetical order, so that two verdicts can be compared line by line.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
