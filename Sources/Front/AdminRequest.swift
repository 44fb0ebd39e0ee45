internal import FoundationEssentials
internal import RelayTypes
internal import Switchboard

/// Why an admin call cannot be understood.
///
/// Each is a 400 with its sentence.
internal struct AdminFault: Error, Equatable {
    internal let message: String
}

/// The query of `GET /v1/pairs` (PROTOCOL.md section 6).
///
/// An empty value is an absent one.
internal struct PairQuery: Equatable {
    internal var hold: Holds?
    internal var peer: PeerID?
    internal var limit = 100
    internal var cursor: String?

    internal init(_ parameters: [(name: String, value: String)]) throws(AdminFault) {
        for (name, value) in parameters where !value.isEmpty {
            switch name {
            case "hold":
                guard let match = Holds.named.first(where: { $0.name == value }) else {
                    let names = Holds.named.map(\.name).joined(separator: ", ")
                    throw AdminFault(message: "hold must be one of \(names)")
                }
                hold = match.hold
            case "peer": peer = PeerID(value)
            case "limit":
                guard let number = Int(value), (1...1_000).contains(number) else {
                    throw AdminFault(message: "limit must be a number from 1 to 1000")
                }
                limit = number
            case "cursor": cursor = value
            default:
                throw AdminFault(
                    message: "the query has no \(name.prefix(32)); it has hold, peer, limit, cursor")
            }
        }
    }
}

extension OperatorOrder {
    /// Longest reason, in characters.
    private static let reasonCharacters = 500

    /// Reads the body of `POST /v1/pairs/{pair}/cut`, `hold` or `release`.
    internal init(_ action: Action, pair: PairID, body: Data) throws(AdminFault) {
        let members: Members
        do {
            members = try JSONDecoder().decode(Members.self, from: body)
        } catch DecodingError.keyNotFound(let key, _) {
            throw AdminFault(message: "\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let name = context.codingPath.last?.stringValue ?? "the body"
            throw AdminFault(
                message: "\(name) has the wrong type; the body is {\"reason\", \"from\"?, \"channel\"?}")
        } catch {
            throw AdminFault(message: "the body is not JSON")
        }
        let reason = members.reason.filter { !$0.isNewline }
        guard !reason.isEmpty, reason.count <= Self.reasonCharacters else {
            throw AdminFault(message: "reason must have 1 to \(Self.reasonCharacters) characters")
        }
        var channel: Channel?
        if let name = members.channel {
            guard let match = Channel(name: name) else {
                let names = Channel.allCases.map(\.name).joined(separator: ", ")
                throw AdminFault(message: "channel must be one of \(names)")
            }
            channel = match
        }
        self.init(
            action: action, pair: pair, reason: reason, from: members.from.map { PeerID($0) },
            channel: channel)
    }

    private struct Members: Decodable {
        let reason: String
        let from: String?
        let channel: String?
    }
}
