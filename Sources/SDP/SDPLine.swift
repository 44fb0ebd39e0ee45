/// One line of a session description, `x=value` (RFC 8866 §5).
struct SDPLine {
    /// Counted from 1.
    let number: Int
    /// An ASCII letter.
    let kind: UInt8
    let value: String

    /// Cuts a text into lines that end with CRLF or LF (RFC 8866 §5: "parsers SHOULD be tolerant").
    ///
    /// - Throws: ``SDPError`` for a text that is too long, and for a line that is not `x=value` or has control
    ///   characters in it. Empty lines are taken at the end only.
    static func split(_ text: String) throws(SDPError) -> [SDPLine] {
        let bytes = Array(text.utf8)
        guard bytes.count <= AnswerReader.maximumBytes else {
            throw SDPError(
                .tooLong, detail: "\(bytes.count) bytes; at most \(AnswerReader.maximumBytes) are read")
        }
        // Bytes, not characters: to Swift a CR and an LF are one character.
        var rows = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { row in
                row.last == UInt8(ascii: "\r") ? row.dropLast() : row
            }
        while rows.last?.isEmpty == true { rows.removeLast() }
        guard rows.count <= AnswerReader.maximumLines else {
            throw SDPError(
                .tooLong, detail: "\(rows.count) lines; at most \(AnswerReader.maximumLines) are read")
        }
        var lines: [SDPLine] = []
        lines.reserveCapacity(rows.count)
        for (index, row) in rows.enumerated() {
            let text = String(decoding: row, as: UTF8.self)
            func refuse(_ detail: String) -> SDPError {
                SDPError(.notSDP, line: index + 1, text: printable(text), detail: detail)
            }
            guard let kind = row.first, isLetter(kind), row.dropFirst().first == UInt8(ascii: "=") else {
                throw refuse("a line must be a lower-case letter, '=' and a value (RFC 8866 §5)")
            }
            guard row.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
                throw refuse("control characters are not allowed")
            }
            lines.append(
                SDPLine(
                    number: index + 1, kind: kind, value: String(decoding: row.dropFirst(2), as: UTF8.self)))
        }
        return lines
    }

    /// An error about this line.
    func refused(_ reason: SDPError.Reason, _ detail: String) -> SDPError {
        let letter = String(decoding: [kind], as: UTF8.self)
        return SDPError(reason, line: number, text: Self.printable("\(letter)=\(value)"), detail: detail)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    /// At most 64 characters of printable ASCII, other bytes as `?`, and no password.
    private static func printable(_ line: String) -> String {
        let secret = "a=ice-pwd:"
        if line.hasPrefix(secret) { return secret + "..." }
        let bytes = line.utf8.prefix(64).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self) + (line.utf8.count > 64 ? "..." : "")
    }
}
