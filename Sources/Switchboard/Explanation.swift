package import Foundation
package import RelayTypes

/// `GET /v1/pairs/{pair}/explain` and `GET /v1/peers/{peer}/explain`: why somebody does or does not see somebody.
package struct Explanation: Sendable {
    /// One of those whom it is about, with what the sentences call them.
    package struct Person: Sendable, Encodable {
        package var name: String
        package var peer: PeerID
        package var band: Band?
    }

    /// What happened, in order of time.
    package struct Line: Sendable {
        /// The event's.
        package var number: UInt64
        package var at: Date
        package var event: String
        package var text: String
        /// Whom it is about; absent for both.
        package var about: PeerID?
    }

    /// How it is right now.
    package struct Verdict: Sendable, Encodable {
        /// Absent where it is about everything.
        package var from: PeerID?
        package var to: PeerID?
        package var channel: String?
        package var open: Bool
        package var text: String
    }

    /// What became of what one of a pair has sent.
    package struct Packets: Sendable, Encodable {
        package var from: PeerID
        package var to: PeerID
        package var forwarded: PairReport.Traffic
        /// By reason name.
        package var dropped: [String: UInt64]
    }

    package enum Subject: Sendable {
        case pair(PairID)
        case peer(PeerID)
    }

    package var subject: Subject
    /// For example `live` or `ended`.
    package var state: String
    package var people: [Person] = []
    package var lines: [Line] = []
    /// How many lines there was no room for.
    package var leftOut = 0
    package var verdict: [Verdict] = []
    package var packets: [Packets] = []
    /// Of a peer: the latest pairs that it was in, oldest first.
    package var pairs: [PairID]?
}

extension Explanation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case pair, peer, state, people, lines, verdict, packets, pairs
        case leftOut = "left_out"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch subject {
        case .pair(let pair): try container.encode(pair, forKey: .pair)
        case .peer(let peer): try container.encode(peer, forKey: .peer)
        }
        try container.encode(state, forKey: .state)
        try container.encode(people, forKey: .people)
        try container.encode(lines, forKey: .lines)
        try container.encode(leftOut, forKey: .leftOut)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(packets, forKey: .packets)
        try container.encodeIfPresent(pairs, forKey: .pairs)
    }
}

extension Explanation.Line: Encodable {
    private enum CodingKeys: String, CodingKey { case at, event, text, about }

    /// Times become text here, away from the actor.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at.formattedToTheMillisecond, forKey: .at)
        try container.encode(event, forKey: .event)
        try container.encode(text, forKey: .text)
        try container.encodeIfPresent(about, forKey: .about)
    }
}

extension NotedEvent: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// `{"number", "at", "event", "text", …}`: what else there is depends on the event, and is text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: Key("number"))
        try container.encode(at.formattedToTheMillisecond, forKey: Key("at"))
        try container.encode(event.name, forKey: Key("event"))
        try container.encode(sentence, forKey: Key("text"))
        for (name, value) in details { try container.encode(value, forKey: Key(name)) }
    }

    /// In plain words, people by their identifiers.
    package var sentence: String {
        switch subject {
        case .peer(let peer): event.sentence(SpokenNames(one: peer.text, first: peer.text))
        case .pair(_, let first, let second):
            event.sentence(SpokenNames(one: "the pair", first: first.text, second: second.text))
        case .server: event.sentence(SpokenNames())
        }
    }
}
