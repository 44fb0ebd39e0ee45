internal import ArgumentParser
internal import ReferenceTools

/// Which share of the people behaves how.
struct Mix: Sendable, Equatable {
    /// Only kinds with a share above 0, in the order of ``Kind``.
    let shares: [Share]

    struct Share: Sendable, Equatable {
        let kind: Kind
        let weight: Double
    }

    init(_ weights: [Kind: Double]) {
        shares = Kind.allCases.compactMap { kind in
            weights[kind].flatMap { $0 > 0 ? Share(kind: kind, weight: $0) : nil }
        }
    }

    /// Mixes with a name.
    static let presets: [(name: String, explanation: String, mix: Mix)] = [
        ("calm", "people who talk and stay", Mix([.stays: 90, .chat: 10])),
        ("roulette", "people who go on to the next", Mix([.next: 85, .chat: 10, .report: 5])),
        (
            "hostile", "every kind there is",
            Mix([
                .stays: 16, .next: 14, .report: 10, .chat: 6, .late: 6, .losesSocket: 4, .vanishes: 4,
                .roams: 4,
                .otherBand: 6, .unverified: 6, .foreignNonce: 3, .expiredToken: 3, .forgedToken: 3,
                .replayedToken: 3, .resumeThief: 2, .banned: 2, .garbage: 2, .flood: 2, .replay: 2,
                .unknownSource: 2,
            ])
        ),
        ("held", "nobody proves anything, everybody sends", Mix([.unverified: 100])),
    ]

    /// Gives each of `count` people a kind; the same seed gives the same people.
    func people(_ count: Int, seed: UInt64) -> [Kind] {
        let total = shares.reduce(0) { $0 + $1.weight }
        guard total > 0, count > 0 else { return [] }
        // The largest remainder: shares come out as near as whole people allow.
        var counts = shares.map { Int((Double(count) * $0.weight / total).rounded(.down)) }
        let remainders = shares.indices.sorted { one, other in
            let first = Double(count) * shares[one].weight / total - Double(counts[one])
            let second = Double(count) * shares[other].weight / total - Double(counts[other])
            return first == second ? one < other : first > second
        }
        let missing = count - counts.reduce(0, +)
        for index in remainders.prefix(missing) { counts[index] += 1 }
        var people = zip(shares, counts).flatMap { Array(repeating: $0.kind, count: $1) }
        var random = SplitMix64(seed: seed)
        people.shuffle(using: &random)
        return people
    }

    /// As `--mix` takes it.
    var text: String {
        shares.map { "\($0.kind.rawValue)=\(Figures.plain($0.weight))" }.joined(separator: ",")
    }
}

extension Mix: ExpressibleByArgument {
    /// A preset's name, or `kind=share,…`.
    init?(argument: String) {
        if let preset = Self.presets.first(where: { $0.name == argument }) {
            self = preset.mix
            return
        }
        var weights: [Kind: Double] = [:]
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2, let kind = Kind(rawValue: String(words[0])), weights[kind] == nil,
                let weight = Double(words[1]), weight >= 0, weight <= 1_000_000
            else { return nil }
            weights[kind] = weight
        }
        guard weights.values.contains(where: { $0 > 0 }) else { return nil }
        self.init(weights)
    }

    var defaultValueDescription: String {
        Self.presets.first { $0.mix == self }?.name ?? text
    }

    static var defaultCompletionKind: CompletionKind { .list(presets.map(\.name)) }
}
