import Foundation

/// Plain text that fits a terminal.
struct Layout {
    /// In columns.
    let width: Int

    /// As wide as `COLUMNS` or else the terminal says; 80 columns where nobody says it.
    static var terminal: Layout {
        let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
            .flatMap { $0 > 0 ? $0 : nil }
        return Layout(width: min(max(told ?? columns ?? 80, narrowest), widest))
    }

    /// Fewer columns are taken for so many: the terminal breaks the lines.
    private static let narrowest = 20
    /// A line of text that is longer cannot be read.
    private static let widest = 160

    private static var columns: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Rows in columns as wide as their widest cell, or, where that is too wide, each row as a list of its cells.
    func table(_ headings: [String], _ rows: [[String]]) -> String {
        let rows = rows.map { $0.map(SafeText.line) }
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        guard widths.reduce(0, +) + 2 * (headings.count - 1) <= width else {
            let blocks = rows.map { row in list(zip(headings, row).map { ($0.lowercased(), $1) }) }
            return blocks.joined(separator: "\n")
        }
        let lines = ([headings] + rows)
            .map { row in
                let cells = zip(row, widths).map { Self.padded($0, to: $1) }
                return cells.joined(separator: "  ").trimmedAtEnd + "\n"
            }
        return lines.joined()
    }

    /// Names and values, the values one below the other; long ones go on below themselves.
    func list(_ entries: [(name: String, value: String)], indent: Int = 0) -> String {
        let margin = indent + (entries.map(\.name.count).max() ?? 0) + 2
        guard width - margin >= 20 else { return narrow(entries, indent: indent) }
        return
            entries.map { name, value in
                let first = Self.padded(String(repeating: " ", count: indent) + name, to: margin)
                let lines = wrapped(SafeText.line(value), width: width - margin)
                let rest = lines.dropFirst().map { String(repeating: " ", count: margin) + $0 }
                return ([first + (lines.first ?? "")] + rest).joined(separator: "\n").trimmedAtEnd + "\n"
            }
            .joined()
    }

    /// Each value below its name, where there is no room beside it.
    private func narrow(_ entries: [(name: String, value: String)], indent: Int) -> String {
        entries.map { name, value in
            let lines = wrapped(SafeText.line(value), width: max(width - indent - 2, 1))
                .map { String(repeating: " ", count: indent + 2) + $0 }
            return ([String(repeating: " ", count: indent) + name] + lines).map(\.trimmedAtEnd)
                .joined(separator: "\n") + "\n"
        }
        .joined()
    }

    private func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return lines + [line]
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension String {
    fileprivate var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// A length of time as people say it: `42 s`, `7 min`, `3 h 20 min`, `2 d 5 h`.
func spoken(seconds: Double) -> String {
    let total = Int(max(0, min(seconds, 1e12)))
    switch total {
    case ..<60: return "\(total) s"
    case ..<3_600: return "\(total / 60) min"
    case ..<86_400: return "\(total / 3_600) h \(total / 60 % 60) min"
    default: return "\(total / 86_400) d \(total / 3_600 % 24) h"
    }
}
