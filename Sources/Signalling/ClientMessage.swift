package import RelayTypes

/// What a client may say (PROTOCOL.md section 2.1), after its shape has been checked.
package enum ClientMessage: Sendable, Equatable {
    case hello(version: Int, token: String?, resume: String?)
    case nonce
    case attest(token: String)
    case join(JoinRequest)
    case answer(sdp: String)
    case accept(pair: PairID)
    case next(pair: PairID?, block: Bool)
    case leave
    case report(ReportRequest)
    case chat(text: String, pair: PairID?)
    case typing(on: Bool, pair: PairID?)
    case appeal(decision: String, comment: String)
}

/// The members of `join`.
package struct JoinRequest: Sendable, Equatable {
    package enum Media: String, Sendable, Equatable { case video, text }

    /// At most 10, each at most 32 characters.
    package var interests: [String]
    /// BCP 47 tags.
    package var languages: [String]
    package var media: Media

    package init(interests: [String] = [], languages: [String] = [], media: Media = .video) {
        self.interests = interests
        self.languages = languages
        self.media = media
    }
}

/// The members of `report`.
package struct ReportRequest: Sendable, Equatable {
    package var reason: String
    /// At most 2,000 characters.
    package var comment: String?
    package var pair: PairID?
    package var receipt: String?

    package init(reason: String, comment: String? = nil, pair: PairID? = nil, receipt: String? = nil) {
        self.reason = reason
        self.comment = comment
        self.pair = pair
        self.receipt = receipt
    }
}

/// What a message asks to be answered with: its `id`, repeated as `re`.
package enum MessageID: Sendable, Equatable, Hashable {
    /// At most 64 characters.
    case text(String)
    /// Within ±2^53.
    case number(Int64)
}

/// A client message with its `id`.
package struct ClientFrame: Sendable, Equatable {
    package var message: ClientMessage
    package var id: MessageID?

    package init(_ message: ClientMessage, id: MessageID? = nil) {
        self.message = message
        self.id = id
    }
}
