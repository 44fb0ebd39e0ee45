/// The `[reports]` section.
package struct ReportsSection: Sendable, Equatable {
    /// What may be reported, as shown in `welcome.report_reasons`.
    package var reasons = ["minor", "nudity", "sextortion", "grooming", "threat", "spam", "other"]
    /// Whether the reported is told `policy` instead of `report`.
    package var hideReporter = true
    /// How long after a pair its receipts are good for a report.
    package var receiptWindow: Duration = .seconds(24 * 3_600)
    /// Most characters of a comment.
    package var commentLength = 2_000
    /// So many reporters who are strangers to one another put the hold `risk` on somebody; 0: never.
    package var riskAfter = 0
    /// How long such reports count.
    package var riskWindow: Duration = .seconds(7 * 86_400)
    /// Reports of one person that are written down in an hour; 0: no limit.
    package var perHour = 60
    /// Reports of one household that are written down in an hour; 0: no limit.
    package var perHourOfNetwork = 300
    /// How long after a decision an appeal is taken, in days.
    package var appealDays = 183
    package var sources: [ReportSourceSection] = []

    package init() {}
}

extension ReportsSection {
    mutating func read(_ reader: SectionReader) {
        reader.texts(
            "reasons", &reasons, mustBe: "a list of names of lower-case letters, digits and underscores",
            try: "the default list",
            where: { text in
                (1...32).contains(text.utf8.count)
                    && text.utf8.allSatisfy {
                        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
                    }
            })
        reader.require(
            !reasons.isEmpty && Set(reasons).count == reasons.count, "reasons",
            reasons.joined(separator: ", "), "at least one name, none twice", try: "the default list")
        reader.flag("hide_reporter", &hideReporter)
        reader.seconds("receipt_window", &receiptWindow, in: 60...2_592_000)
        reader.integer("comment_length", &commentLength, in: 0...10_000, "characters")
        reader.integer("risk_after", &riskAfter, in: 0...1_000, "reporters")
        reader.seconds("risk_window", &riskWindow, in: 3_600...2_592_000)
        reader.integer("per_hour", &perHour, in: 0...10_000, "reports")
        reader.integer("per_hour_of_network", &perHourOfNetwork, in: 0...100_000, "reports")
        // Six months, as the DSA's article 20 asks for; more is the operator's choice.
        reader.integer("appeal_days", &appealDays, in: 183...3_650, "days")
        if let sources = reader.sections("sources", ReportSourceSection.init(reading:)) {
            self.sources = sources
            let names = sources.map(\.name).filter { !$0.isEmpty }
            reader.require(
                Set(names).count == names.count, "sources", names.joined(separator: ", "),
                "sources with different names", try: "one entry for each")
        }
    }
}
