import RelayTypes

/// Whether the Switchboard goes round, for whoever would start the server anew if it did not.
package struct Pulse: Sendable {
    /// How often it has looked at what is due.
    package var ticks: UInt64
    package var isWorkerStuck: Bool
    /// What the server does, for people.
    package var sentence: String
}

extension Switchboard {
    package func pulse() -> Pulse {
        let doing =
            switch departure.phase {
            case .open: "taking people"
            case .draining: "draining"
            case .closing: "hanging up"
            }
        return Pulse(
            ticks: ticks, isWorkerStuck: watches.contains(where: \.isStuck),
            sentence: "\(doing): \(peers.count) peers, \(pairs.count) pairs")
    }
}
