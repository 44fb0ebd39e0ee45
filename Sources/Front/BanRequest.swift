internal import FoundationEssentials
internal import RelayTypes
internal import Switchboard

extension BanOrder {
    /// Longest reason and longest facts, in characters.
    private static let reasonCharacters = 500
    private static let factsCharacters = 4_000

    /// Reads the body of `POST /v1/peers/{peer}/ban`.
    internal init(of peer: PeerID, body: Data, at now: Date) throws(AdminFault) {
        let members: Members
        do {
            members = try JSONDecoder().decode(Members.self, from: body)
        } catch DecodingError.keyNotFound(let key, _) {
            throw AdminFault(message: "\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let name = context.codingPath.last?.stringValue ?? "the body"
            throw AdminFault(
                message:
                    "\(name) has the wrong type; the body is {\"reason\", \"facts\", \"until\"?, \"on\"?}")
        } catch {
            throw AdminFault(message: "the body is not JSON")
        }
        guard (1...Self.reasonCharacters).contains(members.reason.count) else {
            throw AdminFault(message: "reason must have 1 to \(Self.reasonCharacters) characters")
        }
        guard (1...Self.factsCharacters).contains(members.facts.count) else {
            throw AdminFault(message: "facts must have 1 to \(Self.factsCharacters) characters")
        }
        self.init(peer: peer, reason: members.reason, facts: members.facts)
        if let text = members.until { until = try Self.end(text, after: now) }
        if let names = members.on {
            handles = []
            for name in names {
                guard let handle = BanHandle(rawValue: name) else {
                    let known = BanHandle.allCases.map(\.rawValue).joined(separator: ", ")
                    throw AdminFault(message: "on is a list of \(known)")
                }
                handles.insert(handle)
            }
            guard !handles.isEmpty else { throw AdminFault(message: "on must name something") }
        }
    }

    private static func end(_ text: String, after now: Date) throws(AdminFault) -> Date {
        let style = Date.ISO8601FormatStyle()
        guard
            let date = (try? style.parse(text))
                ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
        else { throw AdminFault(message: "until must be a time as in RFC 3339: 2030-01-31T12:00:00Z") }
        guard date > now else { throw AdminFault(message: "until is in the past") }
        return date
    }

    private struct Members: Decodable {
        let reason: String
        let facts: String
        let until: String?
        let on: [String]?
    }
}
