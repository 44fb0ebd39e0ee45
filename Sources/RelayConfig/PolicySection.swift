/// What happens to a peer that has not proved its age (PROTOCOL.md section 4).
package enum UnverifiedMode: String, Sendable, Equatable, CaseIterable {
    /// Matched with others like it, every gate shut.
    case hold
    /// Matched with nobody before the proof.
    case lobby
    /// Not even offered a leg before the proof.
    case refuse
}

/// Which channels wait for both to accept (PROTOCOL.md section 2).
package enum ConsentMode: String, Sendable, Equatable, CaseIterable {
    case off
    case video
    case all
}

/// The `[policy]` section: who may meet whom, and when a gate opens.
package struct PolicySection: Sendable, Equatable {
    package var unverified = UnverifiedMode.hold
    package var consent = ConsentMode.video
    /// How long a peer whose connection broke may come back.
    package var resumeWindow: Duration = .seconds(10)
    /// How many of the latest partners are not met again.
    package var avoidRecent = 10
    /// How long a peer waits for somebody with a shared interest before anybody will do.
    package var matchWait: Duration = .seconds(3)
    /// How long a proof of age holds; then the band lapses.
    package var ageLifetime: Duration = .seconds(12 * 3_600)
    /// Two whose bands differ hear that the partner left after a random time up to this.
    package var partingDelay: Duration = .seconds(2)
    /// In order: the first that a proof fits is the band.
    package var bands = BandSection.defaults

    package init() {}
}

/// One `[[policy.bands]]`: an age band and what proves it.
package struct BandSection: Sendable, Equatable {
    package var name = ""
    /// The proof by years: `[13: true, 18: false]` is `age_over_13 = true` with `age_over_18 = false`.
    package var ageOver: [Int: Bool] = [:]

    package init(name: String = "", ageOver: [Int: Bool] = [:]) {
        self.name = name
        self.ageOver = ageOver
    }

    package static let defaults = [
        BandSection(name: "adult", ageOver: [18: true]),
        BandSection(name: "teen", ageOver: [13: true, 18: false]),
    ]
}

extension PolicySection {
    mutating func read(_ reader: SectionReader) {
        reader.choice("unverified", &unverified)
        reader.choice("consent", &consent)
        reader.seconds("resume_window", &resumeWindow, in: 0...3_600)
        reader.integer("avoid_recent", &avoidRecent, in: 0...1_000, "partners")
        reader.seconds("match_wait", &matchWait, in: 0...600)
        reader.seconds("age_lifetime", &ageLifetime, in: 60...31_536_000)
        reader.seconds("parting_delay", &partingDelay, in: 0...60, fractions: true)
        let named = reader.sections("bands", BandSection.init(reading:))
        if named == nil { noteDefaultBands(reader) }
        if let bands = named {
            self.bands = bands
            let names = bands.map(\.name).filter { !$0.isEmpty }
            reader.require(!bands.isEmpty, "bands", "[]", "at least one band", try: "the two defaults")
            reader.require(
                Set(names).count == names.count, "bands", names.joined(separator: ", "),
                "bands with different names", try: "another name")
        }
    }
}

extension PolicySection {
    /// The same as a file that spells them out.
    private func noteDefaultBands(_ reader: SectionReader) {
        for (index, band) in bands.enumerated() {
            reader.note("bands[\(index + 1)].name", .text(band.name))
            for (years, proof) in band.ageOver {
                reader.note("bands[\(index + 1)].age_over_\(years)", .flag(proof))
            }
        }
    }
}

extension BandSection {
    /// Reads one `[[policy.bands]]`.
    init(reading reader: SectionReader) {
        self.init()
        reader.text(
            "name", &name, mustBe: "1 to 32 letters, digits, hyphens or underscores", try: "adult",
            where: Self.isName)
        reader.require(!name.isEmpty || reader.has("name"), "name", "", "set", try: "adult")
        for key in reader.keys(beginningWith: Self.prefix) {
            guard let years = Self.years(key) else {
                reader.require(
                    false, key, "age_over_…", "age_over_ and two digits", try: "age_over_18")
                continue
            }
            var proof = true
            reader.flag(key, &proof)
            ageOver[years] = proof
        }
        reader.require(
            !ageOver.isEmpty, "age_over_NN", "", "set: a band without a proof would fit everybody",
            try: "age_over_18 = true")
        // Whoever is over 18 is over 13: a rule that says otherwise can never be met.
        let over = ageOver.filter(\.value).keys.max() ?? 0
        let under = ageOver.filter { !$0.value }.keys.min() ?? .max
        reader.require(
            over < under, "age_over_\(under)", "false", "above every age_over_NN that is true",
            try: "age_over_13 = true with age_over_18 = false")
    }

    private static let prefix = "age_over_"

    private static func years(_ key: String) -> Int? {
        let digits = key.dropFirst(prefix.count)
        guard digits.utf8.count == 2, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(digits)
    }

    private static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                default: false
                }
            }
    }
}
