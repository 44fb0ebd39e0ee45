internal import RelayTypes

/// The six gates as text that a person can read in the database: `first.audio=age_self+consent_self;…`.
enum GatesText {
    static func write(_ gates: PairGates) -> String {
        entries.map { name, side, channel in "\(name)=\(gates[side, channel].names.joined(separator: "+"))" }
            .joined(separator: ";")
    }

    /// - Returns: `nil` where a gate is missing or a hold has another name.
    static func read(_ text: String) -> PairGates? {
        var found: [Substring: Holds] = [:]
        for entry in text.split(separator: ";") {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            var holds = Holds()
            for name in parts[1].split(separator: "+") {
                guard let hold = Holds.named.first(where: { $0.name == name }) else { return nil }
                holds.insert(hold.hold)
            }
            found[parts[0]] = holds
        }
        var gates = PairGates()
        for (name, side, channel) in entries {
            guard let holds = found[name[...]] else { return nil }
            gates[side, channel] = holds
        }
        return gates
    }

    private static let entries: [(name: String, side: Side, channel: Channel)] = Side.allCases.flatMap {
        side in
        Channel.allCases.map { ("\(side == .first ? "first" : "second").\($0.name)", side, $0) }
    }
}
