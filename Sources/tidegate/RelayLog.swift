import Foundation
import Glibc
import Logging
import RelayConfig

/// Writes log lines to standard error: for people, or one JSON object a line for machines.
///
/// What comes from outside is escaped, so that no name or address can forge a line or move a terminal's cursor.
struct RelayLog: LogHandler {
    /// The label of what the HTTP library says.
    static let library = "hummingbird"

    private let label: String
    private let settings: LiveLog
    /// Where somebody has asked one logger for another level.
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, settings: LiveLog) {
        self.label = label
        self.settings = settings
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? settings.level(of: label) }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // A listener that is taken down because another could not open: that one's sentence is enough.
        if label == Self.library, Self.isTeardown("\(event.message)") { return }
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let added = event.metadata { fields.merge(added) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        fields["hb.request.id"] = nil
        let sorted = fields.sorted { $0.key < $1.key }.map { (key: $0.key, value: "\($0.value)") }
        let line = Self.line(
            at: Date(), level: event.level, label: label, message: "\(event.message)", fields: sorted,
            isJSON: settings.now.format == .json)
        LogWriter.standard.write(line)
    }

    private static func isTeardown(_ message: String) -> Bool {
        message.hasSuffix("CancellationError()") || message.hasPrefix("Server shutdown error")
    }

    /// One line without its end.
    static func line(
        at date: Date, level: Logger.Level, label: String, message: String,
        fields: [(key: String, value: String)], isJSON: Bool
    ) -> String {
        let time = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        guard isJSON else {
            let pairs = fields.map { " \($0.key)=\(plain($0.value))" }.joined()
            return "\(time) \(level.rawValue) \(label): \(plain(message, quoted: false))\(pairs)"
        }
        let members =
            [("time", time), ("level", level.rawValue), ("label", label), ("message", message)]
            + fields.map { ($0.key, $0.value) }
        return "{" + members.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}"
    }

    /// Text for people: quoted where it has spaces, and always on one line.
    private static func plain(_ text: String, quoted isQuoted: Bool = true) -> String {
        let isSimple = text.unicodeScalars.allSatisfy { $0.value > 0x1f && $0.value != 0x7f }
        if isSimple, !isQuoted || !text.contains(where: { " \"=".contains($0) }) { return text }
        let text = quoted(text)
        return isQuoted ? text : String(text.dropFirst().dropLast())
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: result += "\\" + String(scalar)
            case 0x0a: result += "\\n"
            case 0...0x1f, 0x7f...0x9f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
