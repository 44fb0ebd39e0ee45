/// A JSON value as RFC 8259 knows it, with numbers told apart as far as messages need it.
enum JSONValue: Equatable {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent that fits.
    case integer(Int64)
    /// Any other number. No message has one, so its value is not worked out.
    case otherNumber
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// What it is, for an error message.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .otherNumber: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
