/// Builds one JSON object as text, member by member, in the order in which they are added (RFC 8259).
struct JSONObject {
    private var body = ""

    init() {}

    /// The finished object.
    var text: String { "{" + body + "}" }

    mutating func add(_ name: StaticString, _ value: String) { append(name, Self.quoted(value)) }
    mutating func add(_ name: StaticString, _ value: Bool) { append(name, value ? "true" : "false") }
    mutating func add(_ name: StaticString, _ value: some FixedWidthInteger) { append(name, String(value)) }
    mutating func add(_ name: StaticString, _ value: JSONObject) { append(name, value.text) }

    mutating func add(_ name: StaticString, _ values: [String]) {
        append(name, "[" + values.map(Self.quoted).joined(separator: ",") + "]")
    }

    mutating func add(_ name: StaticString, _ values: [JSONObject]) {
        append(name, "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    /// Adds nothing for `nil`: an absent member, never `null`.
    mutating func add(_ name: StaticString, ifPresent value: String?) {
        if let value { add(name, value) }
    }

    private mutating func append(_ name: StaticString, _ value: String) {
        if !body.isEmpty { body += "," }
        body += "\"\(name)\":" + value
    }

    /// RFC 8259 §7: quotation mark, backslash and control characters are escaped.
    ///
    /// U+007F, U+2028 and U+2029 are too, because log viewers and old JavaScript take them for something
    /// else.
    static func quoted(_ text: String) -> String {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        result.reserveCapacity(text.utf8.count + 2)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            case "\\": result += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case "\n": result += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case "\r": result += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case "\t": result += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case "\u{0}"..<"\u{20}", "\u{7f}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result +=
                    Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: 4 - digits.utf8.count)
                result += Array(digits.utf8)
            default: result.append(contentsOf: scalar.utf8)
            }
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}
