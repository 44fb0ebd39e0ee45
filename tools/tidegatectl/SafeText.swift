/// Text from the server, made harmless: nothing in it can move the cursor, change colours or reverse a line.
enum SafeText {
    /// One line: control characters and direction marks are written as `\u{…}`.
    static func line(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// JSON as it came: what is harmful in a string is escaped as JSON does, line ends stay.
    static func json(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar), scalar != "\n" {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, DEL, C1; direction marks, embeddings, overrides and isolates (UAX #9); line and paragraph ends.
        case 0...0x1f, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}
