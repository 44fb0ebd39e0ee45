package import FoundationEssentials
package import RelayTypes

/// One line of chat as the server had it.
package struct TranscriptLine: Sendable, Equatable {
    /// Most lines that a report keeps: the last ones.
    package static let most = 50

    package var at: Date
    package var from: Side
    package var text: String
    /// Whether a gate was shut, so that the partner never saw it.
    package var wasHeld: Bool

    package init(at: Date, from: Side, text: String, wasHeld: Bool = false) {
        self.at = at
        self.from = from
        self.text = text
        self.wasHeld = wasHeld
    }
}
