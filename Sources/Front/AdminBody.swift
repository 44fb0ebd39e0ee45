internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Switchboard

/// Reads what an admin call brings.
internal enum AdminBody {
    /// Most bytes of a body.
    private static let most = 64 * 1_024

    /// - Parameter shape: what the body must be, for the sentence that says so.
    internal static func read<Members: Decodable>(
        _ type: Members.Type, _ shape: String, from request: Request
    ) async throws -> Members {
        let body = try await request.body.collect(upTo: most)
        return try decode(type, shape, Data(body.readableBytesView))
    }

    /// The same for a call whose body may be left out.
    internal static func optional<Members: Decodable>(
        _ type: Members.Type, _ shape: String, from request: Request
    ) async throws -> Members? {
        let body = try await request.body.collect(upTo: most)
        return body.readableBytes == 0 ? nil : try decode(type, shape, Data(body.readableBytesView))
    }

    /// - Parameter shape: what the body must be, for the sentence that says so; the names that stand in quotes in it
    ///   are all that it may have.
    internal static func decode<Members: Decodable>(
        _ type: Members.Type, _ shape: String, _ body: Data
    ) throws(AdminFault) -> Members {
        let known = shape.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        let given = (try? JSONDecoder().decode([String: Anything].self, from: body)) ?? [:]
        // A member that nobody reads is a slip of the pen, and may have been meant to limit what is done.
        if let unknown = given.keys.sorted().first(where: { !known.contains(Substring($0)) }) {
            throw AdminFault(message: "the body has no member '\(unknown.prefix(32))'; it is \(shape)")
        }
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch DecodingError.keyNotFound(let key, _) {
            throw AdminFault(message: "\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let name = context.codingPath.first?.stringValue ?? "the body"
            throw AdminFault(message: "\(name) has the wrong type; the body is \(shape)")
        } catch {
            throw AdminFault(message: "the body is not JSON")
        }
    }

    /// A value that is not looked at.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// A text of a person's that must say something.
    ///
    /// - Parameter most: in Unicode code points, which every program counts alike.
    internal static func text(
        _ name: String, _ text: String, atMost most: Int
    ) throws(AdminFault) -> String {
        let scalars = text.unicodeScalars
        guard !scalars.allSatisfy(\.properties.isWhitespace), scalars.count <= most, !text.utf8.contains(0)
        else { throw AdminFault(message: "\(name) must have 1 to \(most) characters") }
        return text
    }

    /// A text that may be absent.
    internal static func optionalText(
        _ name: String, _ text: String?, atMost most: Int
    ) throws(AdminFault) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return try Self.text(name, text, atMost: most)
    }

    /// One of the names of an enumeration.
    internal static func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ text: String, of type: Choice.Type
    ) throws(AdminFault) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminFault(message: "\(name) must be one of \(known)")
        }
        return choice
    }

    /// A moment to come (RFC 3339).
    internal static func end(_ text: String, after now: Date) throws(AdminFault) -> Date {
        let style = Date.ISO8601FormatStyle()
        guard
            let date = (try? style.parse(text))
                ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
        else { throw AdminFault(message: "until must be a time as in RFC 3339: 2030-01-31T12:00:00Z") }
        guard date > now else { throw AdminFault(message: "until is in the past") }
        return date
    }
}

/// The query of an admin call; an empty value is an absent one.
internal struct AdminQuery {
    private var values: [String: String] = [:]

    /// - Parameter names: what the query may have.
    internal init(_ request: Request, names: String...) throws(AdminFault) {
        for parameter in request.uri.queryParameters {
            let (name, value) = (String(parameter.key), String(parameter.value))
            guard names.contains(name) else {
                throw AdminFault(
                    message:
                        "the query has no \(name.prefix(32)); it has \(names.joined(separator: ", "))")
            }
            if !value.isEmpty { values[name] = value }
        }
    }

    internal subscript(name: String) -> String? { values[name] }

    internal func number(
        _ name: String, in range: ClosedRange<Int>, default usual: Int
    ) throws(AdminFault) -> Int {
        guard let text = values[name] else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw AdminFault(
                message: "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    internal func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default usual: Choice
    ) throws(AdminFault) -> Choice where Choice.RawValue == String {
        guard let text = values[name] else { return usual }
        return try AdminBody.choice(name, text, of: Choice.self)
    }
}

extension Request {
    /// Who acts, as the audit log names them: `Tidegate-Operator`.
    internal var actor: Operator {
        get throws(AdminFault) {
            guard let name = HTTPField.Name("Tidegate-Operator"), let value = headers[name] else {
                return .unnamed
            }
            // A header's bytes have no encoding: what is not ASCII would be noted as something else.
            guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), let who = Operator(value) else {
                throw AdminFault(message: "Tidegate-Operator must have 1 to 64 printable characters of ASCII")
            }
            return who
        }
    }
}
