/// The `[bans]` section.
package struct BansSection: Sendable, Equatable {
    /// The keys that accounts, pages and addresses of banned people are hashed with; empty: `storage.path` and `.key`.
    package var keyFile = ""
    /// How long a ban holds on to an address; 0: not at all.
    package var addressFor: Duration = .seconds(24 * 3_600)
    /// What a banned person is told about how to object.
    package var redress = "Write to whoever runs this service, and name the decision."

    package init() {}
}

extension BansSection {
    mutating func read(_ reader: SectionReader) {
        reader.text("key_file", &keyFile, mustBe: "the path of a file, or empty", try: "run/bans.key")
        reader.seconds("address_for", &addressFor, in: 0...2_592_000)
        reader.text(
            "redress", &redress, mustBe: "1 to 500 characters", try: "an address to write to",
            where: { (1...500).contains($0.count) })
    }
}
