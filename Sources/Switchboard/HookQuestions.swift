import Foundation

/// A person, as the operator's endpoint is told of one.
struct HookPerson: Encodable {
    let peer: String
    let band: String?
    /// The operator's own name for them, from `hello.token`.
    let identity: String?
}

/// `decide.admit`.
struct AdmitQuestion: Encodable {
    let person: HookPerson
    let media: String
    let languages: [String]
    let interests: [String]

    private enum Key: CodingKey { case media, languages, interests }

    func encode(to encoder: any Encoder) throws {
        try person.encode(to: encoder)
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(media, forKey: .media)
        try members.encode(languages, forKey: .languages)
        try members.encode(interests, forKey: .interests)
    }
}

/// `decide.match`.
struct MatchQuestion: Encodable {
    let peers: [HookPerson]
    let media: String
    let sharedInterests: [String]
}

/// `decide.release`.
struct ReleaseQuestion: Encodable {
    struct Gate: Encodable { let from, to, channel: String }

    let pair: String
    let peers: [HookPerson]
    /// Those that would open.
    let gates: [Gate]
}

/// `decide.chat`.
struct ChatQuestion: Encodable { let pair, from, to, text: String }

/// JSON as it is posted to the operator's endpoint.
enum HookJSON {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
