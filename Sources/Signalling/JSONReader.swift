/// Reads one JSON text (RFC 8259), as strictly as I-JSON (RFC 7493 §2): a name stands once in an object, and no
/// string has half a surrogate pair.
///
/// Foundation's parser is not used, because it takes `true` for 1, keeps the last of two equal names, and sets its
/// own limit of depth.
struct JSONReader {
    /// Why a text is not JSON.
    struct Fault: Error, Equatable {
        /// Byte of the text, counted from 0.
        let offset: Int
        let detail: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private var depthLeft: Int

    private init(_ text: String, depth: Int) {
        bytes = Array(text.utf8)
        depthLeft = depth
    }

    /// - Parameter depth: how many levels of arrays and objects may be inside one another.
    /// - Complexity: linear in the length of `text`, and no recursion deeper than `depth`.
    static func read(_ text: String, depth: Int) throws(Fault) -> JSONValue {
        var reader = JSONReader(text, depth: depth)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == reader.bytes.count else {
            throw reader.fault("text after the end of the value")
        }
        return value
    }

    private func fault(_ detail: String) -> Fault { Fault(offset: position, detail: detail) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    /// Steps over `byte` where it is next.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    // MARK: Values

    private mutating func value() throws(Fault) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
        case nil: throw fault("the text ends where a value is expected")
        default: throw fault("a value is expected")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
        let expected = Array(text.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw fault("a value is expected") }
        position += expected.count
        return value
    }

    private mutating func enter() throws(Fault) {
        guard depthLeft > 0 else { throw fault("too many arrays and objects inside one another") }
        depthLeft -= 1
        position += 1
    }

    private mutating func object() throws(Fault) -> JSONValue {
        try enter()
        var members: [String: JSONValue] = [:]
        skipSpace()
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw fault("the name of a member is expected") }
                let name = try string()
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw fault("':' is expected") }
                let value = try value()
                guard members.updateValue(value, forKey: name) == nil else {
                    throw fault("two members have the same name")
                }
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw fault("',' or '}' is expected") }
        }
        depthLeft += 1
        return .object(members)
    }

    private mutating func array() throws(Fault) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if !take(UInt8(ascii: "]")) {
            repeat {
                elements.append(try value())
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw fault("',' or ']' is expected") }
        }
        depthLeft += 1
        return .array(elements)
    }

    /// `number` of RFC 8259 §6.
    ///
    /// Digits are counted and compared, never turned into a number that could overflow.
    private mutating func number() throws(Fault) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() else { throw fault("a digit is expected") }
        } else if let byte = current, Self.isDigit(byte) {
            throw fault("a number does not begin with 0")
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard digits() else { throw fault("a digit is expected") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() else { throw fault("a digit is expected") }
        }
        // `Int64` of a text is `nil` where the number does not fit.
        guard isInteger, let integer = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            return .otherNumber
        }
        return .integer(integer)
    }

    /// Steps over digits, and tells whether there was one.
    private mutating func digits() -> Bool {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        return position > start
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    // MARK: Strings

    /// `string` of RFC 8259 §7.
    ///
    /// The text is valid UTF-8 because it was a `String`.
    private mutating func string() throws(Fault) -> String {
        position += 1
        var result: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &result)
            case 0..<0x20:
                throw fault("a control character in a string must be escaped")
            default:
                result.append(byte)
                position += 1
            }
        }
        throw fault("the text ends inside a string")
    }

    private mutating func escape(into result: inout [UInt8]) throws(Fault) {
        guard let byte = current else { throw fault("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0c)
        case UInt8(ascii: "n"): result.append(0x0a)
        case UInt8(ascii: "r"): result.append(0x0d)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): result.append(contentsOf: String(try scalar()).utf8)
        default: throw fault("no such escape")
        }
    }

    /// `XXXX`, or `XXXX\uXXXX` for a scalar above U+FFFF (RFC 8259 §7).
    private mutating func scalar() throws(Fault) -> Character {
        let high = try hexadecimal()
        var value = high
        if (0xd800..<0xdc00).contains(high) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw fault("half a surrogate pair")
            }
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw fault("half a surrogate pair") }
            value = 0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)
        }
        // Refuses a low half that stands alone.
        guard let scalar = Unicode.Scalar(value) else { throw fault("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits are expected")
            }
            value = value << 4 | UInt32(truncatingIfNeeded: digit)
            position += 1
        }
        return value
    }
}
