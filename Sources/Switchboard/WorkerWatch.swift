/// Whether one worker still goes round its loop.
///
/// Looks are counted, not time: a machine that stood still as a whole is no reason to end anybody's pair.
struct WorkerWatch {
    /// Between two looks, in milliseconds.
    static let interval: UInt64 = 250
    /// Looks in a row without a new turn after which a worker counts as stuck: 1.5 s.
    static let patience = 6

    enum Change { case stuck, back }

    private var turns: UInt64?
    private var looksInVain = 0

    var isStuck: Bool { looksInVain >= Self.patience }

    /// - Parameter turns: how many the worker has made so far.
    mutating func look(_ turns: UInt64) -> Change? {
        let wasStuck = isStuck
        guard turns == self.turns else {
            self.turns = turns
            looksInVain = 0
            return wasStuck ? .back : nil
        }
        looksInVain = min(looksInVain + 1, Self.patience)
        return isStuck && !wasStuck ? .stuck : nil
    }
}
