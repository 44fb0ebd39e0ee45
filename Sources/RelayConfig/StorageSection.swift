/// The `[storage]` section: what outlives a pair.
package struct StorageSection: Sendable, Equatable {
    /// The SQLite file; its folder is made where it does not exist.
    package var path = "run/tidegate.sqlite"
    /// How long reports are kept, in days.
    package var retentionDays = 90

    package init() {}
}

extension StorageSection {
    mutating func read(_ reader: SectionReader) {
        reader.text(
            "path", &path, mustBe: "the path of a file", try: "run/tidegate.sqlite", where: { !$0.isEmpty })
        reader.integer("retention_days", &retentionDays, in: 1...3_650, "days")
    }
}
