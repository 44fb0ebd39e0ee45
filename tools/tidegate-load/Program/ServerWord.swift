internal import Foundation

/// One message of the server's (PROTOCOL.md section 2.2): the members that matter here.
struct ServerWord: Decodable, Sendable {
    struct Policy: Decodable, Sendable {
        var unverified: String?
        var consent: String?
        var chat: Bool?
    }

    struct Gates: Decodable, Sendable {
        var audio: [String]?
        var video: [String]?
        var chat: [String]?
    }

    let type: String
    var re: String?
    var pair: String?
    var peer: String?
    var resume: String?
    var resumed: Bool?
    var nonce: String?
    var policy: Policy?
    var band: String?
    var sdp: String?
    var inbound: Gates?
    var outbound: Gates?
    var text: String?
    var why: String?
    var code: String?
    var message: String?

    private enum CodingKeys: String, CodingKey {
        case type, re, pair, peer, resume, resumed, nonce, policy, band, sdp, inbound, outbound, text, why,
            code
        case message
    }

    init(type: String) { self.type = type }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        type = try members.decode(String.self, forKey: .type)
        // A member of another shape than the protocol's is as good as none: this tool must not fall over it.
        func text(_ key: CodingKeys) -> String? { try? members.decodeIfPresent(String.self, forKey: key) }
        (re, pair, peer, resume) = (text(.re), text(.pair), text(.peer), text(.resume))
        (nonce, band, sdp, why) = (text(.nonce), text(.band), text(.sdp), text(.why))
        (self.text, code, message) = (text(.text), text(.code), text(.message))
        resumed = try? members.decodeIfPresent(Bool.self, forKey: .resumed)
        policy = try? members.decodeIfPresent(Policy.self, forKey: .policy)
        inbound = try? members.decodeIfPresent(Gates.self, forKey: .inbound)
        outbound = try? members.decodeIfPresent(Gates.self, forKey: .outbound)
    }

    /// - Returns: `nil` for what is no message.
    static func read(_ bytes: Data, with decoder: JSONDecoder) -> ServerWord? {
        try? decoder.decode(Self.self, from: bytes)
    }
}
