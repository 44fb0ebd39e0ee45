import RelayTypes

/// What has happened since the start.
///
/// Only ever grows.
struct Counts {
    var matches: UInt64 = 0
    var pairsEnded: [String: UInt64] = [:]
    var attestations: [String: UInt64] = [:]
    var legsEnded: [String: UInt64] = [:]
    /// By outcome.
    var legMoves: [String: UInt64] = [:]
    var workersStuck: UInt64 = 0
    var reports: UInt64 = 0
    /// By origin, in the words of the DSA Transparency Database.
    var reportsByOrigin: [String: UInt64] = [:]
    /// Reports that cut and were too many to be written down.
    var reportsOverLimit: UInt64 = 0
    /// By `outcome_action`.
    var decisions: [String: UInt64] = [:]
    var appealsReceived: UInt64 = 0
    /// By answer.
    var appealsDecided: [String: UInt64] = [:]
    /// Wrong keys of outside sources.
    var sourcesRefused: UInt64 = 0
    /// Connections turned away for a ban.
    var bannedRefused: UInt64 = 0
    var cutLatency = LatencyHistogram()
}

/// Packets a second over the last whole second or so.
struct PacketRate {
    private var lastCount: UInt64 = 0
    private var lastAt: MonotonicInstant?
    private(set) var perSecond: Double = 0

    mutating func sample(_ count: UInt64, at now: MonotonicInstant) {
        guard let last = lastAt else {
            (lastCount, lastAt) = (count, now)
            return
        }
        let elapsed = now.nanoseconds(since: last)
        guard elapsed >= 1_000_000_000 else { return }
        perSecond = Double(count &- lastCount) * 1e9 / Double(elapsed)
        (lastCount, lastAt) = (count, now)
    }
}
