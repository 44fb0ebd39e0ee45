import Foundation

/// JSON that a command makes itself.
enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// Says on standard error, on one line, what is wrong.
func complain(_ sentence: String) {
    FileHandle.standardError.write(Data("tidegatectl: \(SafeText.line(sentence))\n".utf8))
}
