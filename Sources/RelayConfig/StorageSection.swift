/// The `[storage]` section: what outlives a pair.
package struct StorageSection: Sendable, Equatable {
    /// The SQLite file; its folder is made where it does not exist.
    package var path = "run/tidegate.sqlite"
    /// How long reports are kept where no violation was found, in days.
    package var retentionDays = 90
    /// How long reports are kept where a violation was found, in days.
    package var violationDays = 366
    /// How long decisions are kept, which have no addresses in them, in days.
    package var decisionDays = 1_827

    package init() {}
}

extension StorageSection {
    mutating func read(_ reader: SectionReader) {
        reader.text(
            "path", &path, mustBe: "the path of a file", try: "run/tidegate.sqlite", where: { !$0.isEmpty })
        reader.integer("retention_days", &retentionDays, in: 1...3_650, "days")
        reader.integer("violation_days", &violationDays, in: 1...36_500, "days")
        reader.integer("decision_days", &decisionDays, in: 1...36_500, "days")
        reader.require(
            decisionDays >= max(retentionDays, violationDays), "decision_days", decisionDays,
            "no shorter than storage.retention_days and storage.violation_days, for decisions outlive their reports",
            try: "1827")
    }
}
