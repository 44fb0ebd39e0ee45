/// The `[server]` section: the process as a whole.
package struct ServerSection: Sendable, Equatable {
    /// How long running pairs may go on once the server drains; then they are ended.
    package var drainDeadline: Duration = .seconds(600)

    package init() {}

    /// The deadline in development where the file names none: nobody wants to wait for Ctrl-C.
    package static let developmentDeadline = Duration.seconds(1)
}

extension ServerSection {
    mutating func read(_ reader: SectionReader, development: Bool) {
        if development, !reader.has("drain_deadline") { drainDeadline = Self.developmentDeadline }
        reader.seconds("drain_deadline", &drainDeadline, in: 0...86_400)
    }
}
