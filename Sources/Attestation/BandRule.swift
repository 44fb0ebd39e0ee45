package import RelayTypes

/// What proves that somebody belongs to an age band.
package struct BandRule: Sendable, Equatable {
    package let band: Band
    /// By years: `[13: true, 18: false]` wants `age_over_13: true` and `age_over_18: false`.
    package let ageOver: [Int: Bool]

    package init(band: Band, ageOver: [Int: Bool]) {
        self.band = band
        self.ageOver = ageOver
    }

    /// The bands of PROTOCOL.md section 4.
    package static let defaults = [
        BandRule(band: Band("adult"), ageOver: [18: true]),
        BandRule(band: Band("teen"), ageOver: [13: true, 18: false]),
    ]
}

/// What the `age_over_NN` claims of one token say, taken together (ISO/IEC 18013-5 §7.2.5).
///
/// Over 21 is over 18 too, and not over 16 is not over 18 either. Nothing follows in the other direction.
struct AgeStatement: Equatable {
    /// The highest age that is proved to be reached, in years.
    let reached: Int?
    /// The lowest age that is proved not to be reached, in years.
    let notReached: Int?

    /// - Parameter claims: members of the object that holds the claims. Only JSON booleans under names of the form
    ///   `age_over_NN` count; a text `"true"` or a number 1 proves nothing.
    init(_ claims: [String: JSONValue]) {
        var reached: Int?
        var notReached: Int?
        for (name, value) in claims {
            guard case .bool(let isOver) = value, let years = Self.years(name) else { continue }
            if isOver {
                reached = max(years, reached ?? years)
            } else {
                notReached = min(years, notReached ?? years)
            }
        }
        self.reached = reached
        self.notReached = notReached
    }

    /// Whether it says that somebody is over one age and not over a lower or equal one.
    var contradictsItself: Bool {
        guard let reached, let notReached else { return false }
        return notReached <= reached
    }

    func fits(_ rule: BandRule) -> Bool {
        // A rule that asks for nothing would turn silence into a band.
        guard !rule.ageOver.isEmpty else { return false }
        return rule.ageOver.allSatisfy { years, isOver in
            if isOver {
                guard let reached else { return false }
                return reached >= years
            }
            guard let notReached else { return false }
            return notReached <= years
        }
    }

    private static func years(_ name: String) -> Int? {
        let prefix = "age_over_"
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.utf8.dropFirst(prefix.utf8.count)
        guard digits.count == 2, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
