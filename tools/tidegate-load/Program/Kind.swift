/// How a simulated person behaves; the raw value is its name in `--mix`.
enum Kind: String, CaseIterable, Sendable, Codable {
    // Ordinary people.
    case stays
    case next
    case report
    case chat
    case late
    case losesSocket = "loses-socket"
    case vanishes
    case roams
    case otherBand = "other-band"
    // People who try what must not work.
    case unverified
    case foreignNonce = "foreign-nonce"
    case expiredToken = "expired-token"
    case forgedToken = "forged-token"
    case replayedToken = "replayed-token"
    case resumeThief = "resume-thief"
    case banned
    case garbage
    case flood
    case replay
    case unknownSource = "unknown-source"

    /// What the help and the README say.
    var explanation: String {
        switch self {
        case .stays: "proves an age, accepts, and stays with the partner"
        case .next: "says next after a while (--stay)"
        case .report: "reports the partner after a while"
        case .chat: "stays, and chats"
        case .late: "proves an age only when there is a partner"
        case .losesSocket: "loses its WebSocket but not its media, and resumes"
        case .vanishes: "goes without a word, and comes back as somebody new"
        case .roams: "goes on from another address"
        case .otherBand: "is of the other age band: must never meet ours"
        case .unverified: "proves nothing, accepts, and sends and chats anyway"
        case .foreignNonce: "shows a token made for somebody else's nonce"
        case .expiredToken: "shows a token that has expired"
        case .forgedToken: "shows a token that another key has signed"
        case .replayedToken: "shows a token that has been used"
        case .resumeThief: "resumes with a used or an invented token"
        case .banned: "is banned by the operator, and comes back"
        case .garbage: "sends datagrams and messages of nonsense"
        case .flood: "sends media and messages as fast as it can"
        case .replay: "sends its latest packets again"
        case .unknownSource: "sends media with an SSRC that it never announced"
        }
    }

    /// Which token it shows first, if it is not its own good one.
    var cheat: TokenCheat? {
        switch self {
        case .foreignNonce: .foreignNonce
        case .expiredToken: .expired
        case .forgedToken: .forged
        case .replayedToken: .replayed
        default: nil
        }
    }

    /// Whether it shows a good token as soon as it has been welcomed.
    var provesAtOnce: Bool { cheat == nil && self != .unverified && self != .late }
}

/// A token that proves nothing.
enum TokenCheat: String, Sendable, CaseIterable {
    case foreignNonce
    case expired
    case forged
    case replayed
}

/// The two age bands that the tool's people are of.
enum LoadBand: UInt8, Sendable {
    /// Over 18: nearly everybody.
    case ours = 1
    /// Over 13, and not over 18.
    case other = 2

    /// The claims that prove it, in the order of the server's default bands.
    var claims: [(String, Bool)] {
        switch self {
        case .ours: [("age_over_18", true)]
        case .other: [("age_over_13", true), ("age_over_18", false)]
        }
    }

    /// As the server's development issuer calls it.
    var developmentName: String { self == .ours ? "adult" : "teen" }
}
