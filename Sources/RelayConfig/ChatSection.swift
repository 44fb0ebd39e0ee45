/// The `[chat]` section: text between the two of a pair.
package struct ChatSection: Sendable, Equatable {
    package var enabled = true
    /// Most characters of a message.
    package var length = 1_000

    package init() {}
}

extension ChatSection {
    mutating func read(_ reader: SectionReader) {
        reader.flag("enabled", &enabled)
        reader.integer("length", &length, in: 1...10_000, "characters")
    }
}
