/// The `[log]` section.
///
/// Logs go to standard error and never hold SDP, keys, tokens or chat.
package struct LogSection: Sendable, Equatable {
    /// The least severe message that is written; the names are swift-log's.
    package enum Level: String, Sendable, Equatable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    package enum Format: String, Sendable, Equatable, CaseIterable { case text, json }

    /// How much of a person's address is written.
    package enum Addresses: String, Sendable, Equatable, CaseIterable {
        /// The network only: IPv4 /24, IPv6 /48.
        case truncated
        case full
    }

    package var level = Level.info
    package var format = Format.text
    package var addresses = Addresses.truncated

    package init() {}
}

extension LogSection {
    mutating func read(_ reader: SectionReader) {
        reader.choice("level", &level)
        reader.choice("format", &format)
        reader.choice("addresses", &addresses)
    }
}
