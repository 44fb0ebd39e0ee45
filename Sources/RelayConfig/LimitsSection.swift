/// The `[limits]` section: what one connection may do (PROTOCOL.md section 2).
package struct LimitsSection: Sendable, Equatable {
    /// Most connections at a time, HTTP and WebSocket together.
    package var connections = 10_000
    /// Most of them from one IPv4 address or one IPv6 /64; loopback is not counted.
    package var connectionsPerPrefix = 64
    /// Most peers at a time, those with a broken connection included.
    package var peers = 20_000
    /// Most bytes in one message; more closes with 1009.
    package var messageBytes = 32_768
    /// How long `hello` may take; else 4008.
    package var helloTimeout: Duration = .seconds(10)
    /// Messages a second in the long run; what is over is dropped with `rate_limited`.
    package var messagesPerSecond = 20
    /// Messages at once.
    package var messageBurst = 40
    /// So many dropped messages within ``dropWindow`` close with 4029.
    package var drops = 100
    package var dropWindow: Duration = .seconds(10)
    /// So many `bad_json` or `bad_message` in a row close with 4000.
    package var badInARow = 10
    /// Time between two pings of the server (RFC 6455 §5.5.2).
    package var pingInterval: Duration = .seconds(15)
    /// A peer that answers no ping for so long is closed with 4008.
    package var silentTimeout: Duration = .seconds(40)
    /// Most messages that wait for a peer that does not read; more closes with 4008.
    package var outgoingMessages = 256
    /// How long an `answer` may take to lead to `connected`; else `leg_failed`.
    package var legTimeout: Duration = .seconds(15)
    /// Most interests in a `join`.
    package var interests = 10
    /// Most characters of an interest.
    package var interestLength = 32
    /// Most language tags in a `join`.
    package var languages = 10

    package init() {}
}

extension LimitsSection {
    mutating func read(_ reader: SectionReader) {
        reader.integer("connections", &connections, in: 1...1_000_000, "connections")
        reader.integer("connections_per_prefix", &connectionsPerPrefix, in: 1...1_000_000, "connections")
        reader.integer("peers", &peers, in: 2...1_000_000, "peers")
        reader.integer("message_bytes", &messageBytes, in: 1_024...1_048_576, "bytes")
        reader.seconds("hello_timeout", &helloTimeout, in: 1...600)
        reader.integer("messages_per_second", &messagesPerSecond, in: 1...10_000, "messages a second")
        reader.integer("message_burst", &messageBurst, in: 1...100_000, "messages")
        reader.integer("drops", &drops, in: 1...1_000_000, "messages")
        reader.seconds("drop_window", &dropWindow, in: 1...3_600)
        reader.integer("bad_in_a_row", &badInARow, in: 1...1_000_000, "messages")
        reader.seconds("ping_interval", &pingInterval, in: 1...3_600)
        reader.seconds("silent_timeout", &silentTimeout, in: 2...7_200)
        reader.integer("outgoing_messages", &outgoingMessages, in: 16...65_536, "messages")
        reader.seconds("leg_timeout", &legTimeout, in: 1...600)
        reader.integer("interests", &interests, in: 0...100, "interests")
        reader.integer("interest_length", &interestLength, in: 1...256, "characters")
        reader.integer("languages", &languages, in: 0...100, "tags")
        reader.require(
            silentTimeout > pingInterval, "silent_timeout", silentTimeout.inWholeSeconds,
            "longer than limits.ping_interval", try: "40 with a ping_interval of 15")
    }
}
