/// The members of one message, taken out by name and shape.
///
/// Members that nobody asks for are ignored.
struct Members {
    /// A member that is missing or has the wrong shape; the text says which and what it must be.
    struct Fault: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    private let values: [String: JSONValue]
    private let limits: SignallingLimits

    init(_ values: [String: JSONValue], limits: SignallingLimits) {
        self.values = values
        self.limits = limits
    }

    /// A member that must be there.
    private func required<Value>(_ name: String, _ value: Value?) throws(Fault) -> Value {
        guard let value else { throw Fault("'\(name)' is missing") }
        return value
    }

    // MARK: Plain values

    /// `null` is a value of the wrong type, not an absent member.
    func optionalBool(_ name: String) throws(Fault) -> Bool? {
        switch values[name] {
        case nil: return nil
        case .boolean(let value): return value
        case .some(let other): throw Fault("'\(name)' must be true or false, not \(other.kind)")
        }
    }

    func bool(_ name: String) throws(Fault) -> Bool { try required(name, try optionalBool(name)) }

    func integer(_ name: String) throws(Fault) -> Int {
        switch values[name] {
        case nil: throw Fault("'\(name)' is missing")
        case .integer(let value): return Int(truncatingIfNeeded: value)
        case .some(let other): throw Fault("'\(name)' must be an integer, not \(other.kind)")
        }
    }

    // MARK: Texts

    /// A text of any length up to that of the message.
    func string(_ name: String) throws(Fault) -> String { try required(name, try optionalString(name)) }

    /// A token: not empty, and at most ``SignallingLimits/tokenBytes`` long.
    func optionalToken(_ name: String) throws(Fault) -> String? {
        guard let text = try optionalString(name) else { return nil }
        guard (1...max(1, limits.tokenBytes)).contains(text.utf8.count) else {
            throw Fault("'\(name)' must be 1 to \(limits.tokenBytes) bytes long")
        }
        return text
    }

    func token(_ name: String) throws(Fault) -> String { try required(name, try optionalToken(name)) }

    /// An identifier or another short name: 1 to ``SignallingLimits/nameCharacters`` characters.
    func optionalName(_ name: String) throws(Fault) -> String? {
        try optionalText(name, from: 1, to: limits.nameCharacters)
    }

    func name(_ name: String) throws(Fault) -> String { try required(name, try optionalName(name)) }

    /// A text that a person wrote, measured in characters as people count them.
    func optionalText(_ name: String, from least: Int, to most: Int) throws(Fault) -> String? {
        guard let text = try optionalString(name) else { return nil }
        try check(text, name, from: least, to: most)
        return text
    }

    func text(_ name: String, from least: Int, to most: Int) throws(Fault) -> String {
        try required(name, try optionalText(name, from: least, to: most))
    }

    private func optionalString(_ name: String) throws(Fault) -> String? {
        switch values[name] {
        case nil: return nil
        case .string(let text):
            try checkNUL(text, name)
            return text
        case .some(let other): throw Fault("'\(name)' must be a string, not \(other.kind)")
        }
    }

    /// NUL ends a string in C, in SQLite and in many a log.
    private func checkNUL(_ text: String, _ name: String) throws(Fault) {
        guard !text.utf8.contains(0) else { throw Fault("'\(name)' must not contain U+0000") }
    }

    private func check(_ text: String, _ name: String, from least: Int, to most: Int) throws(Fault) {
        let count = text.count
        guard count >= least, count <= most, text.unicodeScalars.count <= limits.scalars(of: most) else {
            let range = least == 0 ? "at most \(most)" : "\(least) to \(most)"
            throw Fault("'\(name)' must be \(range) characters long")
        }
    }

    // MARK: Lists

    /// The `interests` of `join`, as they were written.
    func interests() throws(Fault) -> [String] {
        let list = try strings("interests", atMost: limits.interests)
        for text in list { try check(text, "interests", from: 0, to: limits.interestCharacters) }
        return list
    }

    /// The `languages` of `join`: things that look like BCP 47 tags.
    func languages() throws(Fault) -> [String] {
        let list = try strings("languages", atMost: limits.languages)
        for text in list {
            guard LanguageTag.isWellFormed(text, atMost: limits.languageCharacters) else {
                throw Fault("'languages' must be BCP 47 tags such as \"en\" or \"pt-BR\"")
            }
        }
        return list
    }

    /// An absent list is an empty one.
    private func strings(_ name: String, atMost most: Int) throws(Fault) -> [String] {
        switch values[name] {
        case nil: return []
        case .array(let elements):
            guard elements.count <= most else { throw Fault("'\(name)' must have at most \(most) elements") }
            var list: [String] = []
            for element in elements {
                guard case .string(let text) = element else {
                    throw Fault("'\(name)' must be a list of strings, but has \(element.kind)")
                }
                try checkNUL(text, name)
                list.append(text)
            }
            return list
        case .some(let other): throw Fault("'\(name)' must be a list of strings, not \(other.kind)")
        }
    }
}

/// The shape of a BCP 47 language tag (RFC 5646 §2.1).
enum LanguageTag {
    /// Subtags of 1 to 8 letters and digits with hyphens between them; the first has letters only.
    ///
    /// Whether such a language exists is not looked up.
    static func isWellFormed(_ text: String, atMost length: Int) -> Bool {
        guard text.utf8.count <= length else { return false }
        let subtags = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let first = subtags.first, first.allSatisfy(isLetter) else { return false }
        return subtags.allSatisfy {
            (1...8).contains($0.count) && $0.allSatisfy { isLetter($0) || isDigit($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
