#if canImport(NIOWebSocket)
package import RelayTypes

/// One person at a synthetic browser: signalling and media together, as the page does it.
package final class Visitor: Sendable {
    package enum Failure: Error, Sendable, Equatable {
        /// The server has said something else than what the protocol asks for.
        case unexpected(String)
    }

    /// What the server has told this person.
    private struct Told: Sendable {
        var peer = ""
        var nonce = ""
        var resume = ""
        var pair = ""
        var receipt = ""
        var signalling: SignallingClient
    }

    /// Its camera and its network.
    package let browser: SyntheticBrowser
    private let told: Monitor<Told>
    private let port: Int

    private init(browser: SyntheticBrowser, told: Told, port: Int) {
        self.browser = browser
        self.told = Monitor(told)
        self.port = port
    }

    /// Opens the WebSocket and says `hello`.
    package static func arrive(port: Int, _ configuration: BrowserConfiguration) async throws -> Visitor {
        let signalling = try await SignallingClient.connect(port: port)
        let visitor = Visitor(
            browser: try SyntheticBrowser(configuration), told: Told(signalling: signalling), port: port)
        signalling.send("hello", ["version": .integer(1)])
        _ = try await visitor.welcome()
        return visitor
    }

    package var signalling: SignallingClient { told.value.signalling }
    package var record: Monitor<BrowserRecord> { browser.record }
    package var id: UInt32 { browser.configuration.senderID }
    package var peer: PeerID { PeerID(told.value.peer) }
    /// The current pair, or the most recent one.
    package var pair: PairID { PairID(told.value.pair) }
    package var receipt: String { told.value.receipt }
    /// For the next attestation.
    package var nonce: String { told.value.nonce }

    /// Enters the pool and answers the offer.
    ///
    /// - Returns: once the leg is up.
    package func join(interests: [String] = []) async throws {
        signalling.send("join", ["interests": .array(interests.map(JSONValue.text))])
        try await answerOffer()
        _ = try await signalling.expect("connected")
    }

    /// Waits for the server's offer and answers it.
    package func answerOffer() async throws {
        let offer = try await signalling.expect("offer")
        guard let sdp = offer["sdp"]?.string else { throw Failure.unexpected(offer.text) }
        signalling.send("answer", ["sdp": .text(try browser.answer(sdp))])
    }

    /// Waits for a partner.
    @discardableResult
    package func meet() async throws -> PairID {
        let matched = try await signalling.expect("matched")
        guard let pair = matched["pair"]?.string, let receipt = matched["receipt"]?.string else {
            throw Failure.unexpected(matched.text)
        }
        told.update { told in
            told.pair = pair
            told.receipt = receipt
        }
        return PairID(pair)
    }

    /// Proves an age with this token.
    ///
    /// - Returns: the band.
    @discardableResult
    package func attest(_ token: String) async throws -> String? {
        signalling.send("attest", ["token": .text(token)])
        let age = try await signalling.expect("age")
        told.update { $0.nonce = age["nonce"]?.string ?? "" }
        return age["band"]?.string
    }

    package func accept() { signalling.send("accept", ["pair": .text(pair.text)]) }

    /// Waits until every gate, both ways, is open.
    package func allOpen() async throws {
        _ = try await signalling.expect("gate") { message in
            ["inbound", "outbound"]
                .allSatisfy { direction in
                    ["audio", "video", "chat"]
                        .allSatisfy { message[direction]?[$0]?.elements?.isEmpty == true }
                }
        }
    }

    package func next() { signalling.send("next", ["pair": .text(pair.text)]) }

    package func report(_ reason: String) {
        signalling.send("report", ["reason": .text(reason), "pair": .text(pair.text)])
    }

    /// Loses the WebSocket without a word, and comes back with the resume token.
    ///
    /// - Returns: whether the server knew it again.
    package func loseAndResume() async throws -> Bool {
        signalling.abort()
        let fresh = try await SignallingClient.connect(port: port)
        let token = told.update { told in
            told.signalling = fresh
            return told.resume
        }
        fresh.send("hello", ["version": .integer(1), "resume": .text(token)])
        return try await welcome()
    }

    /// How many offers this WebSocket has brought.
    package var offers: Int { signalling.heard.count { $0.type == "offer" } }

    /// Says goodbye, and closes the page when the server has heard it.
    ///
    /// The other way round the server may hear of the closed media first, and tell the partner `lost`.
    package func leave() async throws {
        signalling.close()
        _ = try await signalling.closure()
        browser.close()
    }

    /// - Returns: whether the peer is an earlier one.
    @discardableResult
    private func welcome() async throws -> Bool {
        let welcome = try await signalling.expect("welcome")
        guard let peer = welcome["peer"]?.string, let resume = welcome["resume"]?.string,
            let nonce = welcome["nonce"]?.string, let resumed = welcome["resumed"]?.bool
        else { throw Failure.unexpected(welcome.text) }
        told.update { told in
            told.peer = peer
            told.resume = resume
            told.nonce = nonce
        }
        return resumed
    }
}
#endif
