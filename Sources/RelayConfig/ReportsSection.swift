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
    }
}
