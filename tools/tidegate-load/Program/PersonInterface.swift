internal import LoadEngine

/// What happens to a ``Person``.
enum PersonInput: Sendable {
    /// Its turn to come in.
    case begin
    /// The WebSocket is open.
    case opened
    /// There is no WebSocket to be had; in words.
    case unreachable(String)
    case word(ServerWord)
    /// The WebSocket has ended; with the code of the server's close frame.
    case closed(UInt16?)
    case alarm(Alarm)
    /// Both people of a pair have heard that they were matched.
    case met(pair: String)
    /// A token that is not its own, for ``Kind/resumeThief``.
    case stolen(String)
    /// The operator has banned it, or could not.
    case banned(Bool)
}

/// Why a ``Person`` wants to be woken.
enum Alarm: Sendable, Equatable {
    case accept(pair: String)
    /// What this kind does to a partner after a while.
    case act(pair: String)
    case chat(pair: String)
    case prove
    /// Another partner is wanted.
    case rejoin(turn: Int)
    case connect(turn: Int)
    /// Kinds that do nothing to a partner do it again.
    case mischief
}

/// What a ``Person`` does.
enum Deed: Sendable, Equatable {
    case connect
    case say(String)
    /// Shows a token: its own good one, or this cheat.
    case attest(TokenCheat?, LoadBand)
    /// Enters the pool.
    case join
    case next(pair: String?)
    case accept(pair: String)
    case report(pair: String)
    case chat(pair: String)
    case answer(sdp: String)
    case media(EngineCommand)
    /// From now on its media names this pair; `nil` for none.
    case enter(pair: String?)
    case hangUp(UInt16)
    /// Ends the connection without a word.
    case abort
    case wake(after: UInt64, Alarm)
    case stealToken
    case askForBan(peer: String)
    case note(Fact)

    static func == (one: Deed, other: Deed) -> Bool { String(describing: one) == String(describing: other) }
}

/// What is written down about a ``Person``.
enum Fact: Sendable, Equatable {
    /// A new peer of the server's.
    case began(life: Int)
    case matched(pair: String)
    /// The server has said that the pair is over; a cut was in force before it said so.
    case over(pair: String)
    /// A resume token has been used: nobody may use it again.
    case spent(token: String)
    case proofAccepted
    case proofRefused
    case chatHeard(pair: String, text: String)
    case tried(Kind)
    case refused(Kind)
    case gotThrough(Kind, String)
    case measured(Measure, UInt64)
    case counted(Counter)
    /// Something that the server said and that nobody expected.
    case surprise(String)
}

/// A time that is measured, in nanoseconds.
enum Measure: String, Sendable, CaseIterable {
    case connected, matched, wait
}

/// Something that is counted.
enum Counter: String, Sendable, CaseIterable, Codable {
    case legsConnected = "legs_connected"
    case legsFailed = "legs_failed"
    case nexts
    case chatsSent = "chats_sent"
    case chatsHeard = "chats_heard"
    case chatsHeld = "chats_held"
    case proofs
    case connectionsLost = "connections_lost"
    case resumed
    case cameBackAsNew = "came_back_as_new"
    case addressChanges = "address_changes"
    case connectFailures = "connect_failures"
    case noRoomForLeg = "no_room_for_leg"
    case serverFull = "server_full"
    case rateLimited = "rate_limited"
}
