internal import TOMLKit

/// A TOML value as a plain Swift value: the only place where TOMLKit's types are touched.
package enum ConfigValue: Sendable, Equatable {
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigValue])
    case table([String: ConfigValue])
    /// A date or a time: no key takes one.
    case moment(String)

    /// Reads a whole document.
    ///
    /// - Throws: the syntax error as a problem that names its line.
    static func document(_ source: String) throws(ConfigProblem) -> [String: ConfigValue] {
        // TOMLKit hands the text to C++ as a C string: what follows a NUL would silently be lost.
        if source.utf8.contains(0) {
            throw ConfigProblem(
                key: "the file", value: "…\\0…", mustBe: "text without NUL bytes", hint: "saving it as UTF-8")
        }
        do {
            return converted(try TOMLTable(string: source))
        } catch let error as TOMLParseError {
            let line = error.source.begin.line
            let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
            let text = line >= 1 && line <= lines.count ? String(lines[line - 1]) : ""
            throw ConfigProblem(
                key: "line \(line)", value: String(text.prefix(80)),
                mustBe: "TOML (\(error.description), column \(error.source.begin.column))",
                hint: "key = value, with text in double quotes, as in conf/tidegate.toml")
        } catch {
            throw ConfigProblem(
                key: "the file", value: "\(error)", mustBe: "TOML",
                hint: "comparing it with conf/tidegate.toml")
        }
    }

    private static func converted(_ table: TOMLTable) -> [String: ConfigValue] {
        var result: [String: ConfigValue] = [:]
        for key in table.keys {
            guard let value = table[key] else { continue }
            result[key] = converted(value)
        }
        return result
    }

    private static func converted(_ value: any TOMLValueConvertible) -> ConfigValue {
        if let flag = value.bool { return .flag(flag) }
        if let integer = value.int { return .integer(integer) }
        if let number = value.double { return .number(number) }
        if let text = value.string { return .text(text) }
        if let array = value.array { return .list(array.map { converted($0) }) }
        if let table = value.table { return .table(converted(table)) }
        return .moment(value.debugDescription)
    }
}

extension ConfigValue: CustomStringConvertible {
    /// As it would be shown in a message: texts without quotes.
    package var description: String {
        switch self {
        case .flag(let flag): "\(flag)"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .text(let text): text
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .table: "{…}"
        case .moment(let text): text
        }
    }
}

/// As JSON, for `GET /v1/config`.
extension ConfigValue: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? container.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let values = try? container.decode([ConfigValue].self) {
            self = .list(values)
        } else {
            self = .table(try container.decode([String: ConfigValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .text(let text), .moment(let text): try container.encode(text)
        case .list(let values): try container.encode(values)
        case .table(let members): try container.encode(members)
        }
    }
}
