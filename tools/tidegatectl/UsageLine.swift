/// Usage lines that fit the terminal: the parser's library writes each on one line, however long.
enum UsageLine {
    private static let heads = ["USAGE: ", "Usage: "]

    /// The same text, its usage lines broken between options and continued below the program's name.
    static func wrapped(_ text: String, width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                guard heads.contains(where: line.hasPrefix), line.count > width else { return String(line) }
                return wrapped(line: line, width: width)
            }
            .joined(separator: "\n")
    }

    private static func wrapped(line: Substring, width: Int) -> String {
        let indent = String(repeating: " ", count: 9)
        var lines: [String] = []
        var current = ""
        for part in parts(of: line) {
            if !current.isEmpty, current.count + 1 + part.count > width {
                lines.append(current)
                current = indent + part
            } else {
                current += current.isEmpty ? part : " " + part
            }
        }
        return (lines + [current]).joined(separator: "\n")
    }

    /// What must stay together: a bracket with all that is in it, an option with its value.
    private static func parts(of line: Substring) -> [String] {
        var parts: [String] = []
        var depth = 0
        for word in line.split(separator: " ") {
            let isValue = word.hasPrefix("<") && (parts.last?.hasPrefix("--") ?? false)
            if depth > 0 || isValue, let last = parts.popLast() {
                parts.append(last + " " + word)
            } else {
                parts.append(String(word))
            }
            depth += word.count { $0 == "[" } - word.count { $0 == "]" }
        }
        return parts
    }
}
