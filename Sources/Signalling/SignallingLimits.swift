/// What one client may do and how fast (PROTOCOL.md section 2, "Limits").
///
/// Every value is configurable.
package struct SignallingLimits: Sendable, Equatable {
    // MARK: The connection

    /// Protocol version that `hello` must name.
    package var version = 1
    /// Longest message, in bytes of UTF-8; else close 1009.
    package var messageBytes = 32_768
    /// How long to wait for `hello`, in seconds; else close 4008.
    package var helloSeconds: UInt64 = 10
    /// Messages a second, once the burst is used up.
    package var messagesPerSecond: UInt64 = 20
    /// Messages at once after a quiet time.
    package var burst: UInt64 = 40
    /// So many dropped messages within ``dropWindowSeconds`` close with 4029.
    package var droppedMessages = 100
    /// In seconds.
    package var dropWindowSeconds: UInt64 = 10
    /// So many `bad_json` and `bad_message` in a row close with 4000.
    package var badMessagesInARow = 10
    /// Time between WebSocket pings, in seconds.
    package var pingSeconds: UInt64 = 15
    /// How long a peer may leave pings unanswered, in seconds; else close 4008.
    package var pongSeconds: UInt64 = 40

    // MARK: The members of a message

    /// Levels of arrays and objects in one message.
    ///
    /// Ours need 2; the rest is for members that are ignored.
    package var jsonDepth = 16
    /// Longest `id`, in characters.
    package var idCharacters = 64
    /// Longest `pair`, `receipt`, `resume`, `decision` or report `reason`, in characters.
    package var nameCharacters = 128
    /// Longest `token`, in bytes.
    package var tokenBytes = 16_384
    package var interests = 10
    package var interestCharacters = 32
    package var languages = 10
    /// Longest BCP 47 tag, in characters (RFC 5646 §4.4.1 asks for at least 35).
    package var languageCharacters = 64
    /// Longest `comment` of `report` and `appeal`, in characters.
    package var commentCharacters = 2_000
    /// Longest `text` of `chat`, in characters.
    package var chatCharacters = 1_000
    /// Unicode scalars allowed for each character of a limit, on average: what people see as one character may be
    /// several scalars (a family emoji has 7), but not a tower of a thousand accents.
    package var scalarsPerCharacter = 8

    package init() {}

    /// How many scalars a text of at most so many characters may have.
    func scalars(of characters: Int) -> Int {
        let (product, overflow) = characters.multipliedReportingOverflow(by: scalarsPerCharacter)
        return overflow ? .max : product
    }
}
