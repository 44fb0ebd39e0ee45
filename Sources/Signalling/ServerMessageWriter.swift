internal import RelayTypes

/// Writes what the server says as the JSON of PROTOCOL.md section 2.2.
///
/// An optional member that has no value is left out; `null` is never written.
package enum ServerMessageWriter {
    /// - Parameter re: the `id` of the message that this one answers, repeated with its type.
    package static func write(_ message: ServerMessage, re: MessageID? = nil) -> String {
        var object = JSONObject()
        object.add("type", typeName(message))
        switch re {
        case .text(let text): object.add("re", text)
        case .number(let number): object.add("re", number)
        case nil: break
        }
        addMembers(of: message, to: &object)
        return object.text
    }

    /// The body of `GET /v1/policy`, and `welcome.policy`.
    package static func policyJSON(_ policy: PolicySummary) -> String { object(policy).text }

    /// The value of `type`.
    package static func typeName(_ message: ServerMessage) -> String {
        switch message {
        case .welcome: "welcome"
        case .nonce: "nonce"
        case .age: "age"
        case .queued: "queued"
        case .offer: "offer"
        case .connected: "connected"
        case .matched: "matched"
        case .gate: "gate"
        case .chat: "chat"
        case .chatSent: "chat_sent"
        case .typing: "typing"
        case .notice: "notice"
        case .partnerLeft: "partner_left"
        case .cut: "cut"
        case .reportReceived: "report_received"
        case .appealReceived: "appeal_received"
        case .banned: "banned"
        case .left: "left"
        case .draining: "draining"
        case .move: "move"
        case .error: "error"
        }
    }

    private static func addMembers(of message: ServerMessage, to object: inout JSONObject) {
        switch message {
        case .welcome(let welcome):
            object.add("peer", welcome.peer.text)
            object.add("resume", welcome.resume)
            object.add("resumed", welcome.resumed)
            object.add("nonce", welcome.nonce)
            object.add("report_reasons", welcome.reportReasons)
            object.add("policy", Self.object(welcome.policy))
            object.add("ice_servers", welcome.iceServers.map(Self.object))
        case .nonce(let nonce, let expires):
            object.add("nonce", nonce)
            object.add("expires", expires)
        case .age(let band, let expires, let nonce):
            object.add("band", band.text)
            object.add("expires", expires)
            object.add("nonce", nonce)
        case .queued(let waiting): object.add("waiting", waiting)
        case .offer(let sdp, let iceRestart):
            object.add("sdp", sdp)
            object.add("ice_restart", iceRestart)
        case .connected, .left: break
        case .matched(let matched): addMatched(matched, to: &object)
        case .gate(let pair, let inbound, let outbound):
            object.add("pair", pair.text)
            object.add("inbound", Self.object(inbound))
            object.add("outbound", Self.object(outbound))
        case .chat(let text, let at, let pair):
            object.add("text", text)
            object.add("at", at)
            object.add("pair", pair.text)
        case .chatSent(let pair): object.add("pair", pair.text)
        case .typing(let on, let pair):
            object.add("on", on)
            object.add("pair", pair.text)
        case .notice(let code, let message):
            object.add("code", code)
            object.add("message", message)
        case .partnerLeft(let pair, let why):
            object.add("pair", pair.text)
            object.add("why", why.rawValue)
        case .cut(let pair, let why):
            object.add("pair", pair.text)
            object.add("why", why.rawValue)
        case .reportReceived(let report, let pair):
            object.add("report", report.text)
            object.add("pair", pair.text)
        case .appealReceived(let decision): object.add("decision", decision)
        case .banned(let until, let decision, let statement):
            object.add("until", ifPresent: until)
            object.add("decision", decision)
            object.add("statement", Self.object(statement))
        case .draining(let reconnect, let within):
            object.add("reconnect", reconnect)
            object.add("within", within)
        case .move(let url): object.add("url", url)
        case .error(let code, let message):
            object.add("code", code.rawValue)
            object.add("message", message)
        }
    }

    private static func addMatched(_ matched: ServerMessage.Matched, to object: inout JSONObject) {
        var partner = JSONObject()
        partner.add("band", ifPresent: matched.partnerBand?.text)
        partner.add("languages", matched.partnerLanguages)
        object.add("pair", matched.pair.text)
        object.add("receipt", matched.receipt)
        object.add("shared_interests", matched.sharedInterests)
        object.add("partner", partner)
    }

    private static func object(_ policy: PolicySummary) -> JSONObject {
        var object = JSONObject()
        object.add("unverified", policy.unverified.rawValue)
        object.add("consent", policy.consent.rawValue)
        object.add("bands", policy.bands)
        object.add("attest_url", ifPresent: policy.attestURL)
        object.add("chat", policy.chat)
        object.add("capture", policy.capture.rawValue)
        object.add("retention_days", policy.retentionDays)
        if !policy.help.isEmpty { object.add("help", policy.help.map(Self.object)) }
        return object
    }

    private static func object(_ card: HelpCard) -> JSONObject {
        var object = JSONObject()
        object.add("languages", card.languages)
        object.add("text", card.text)
        object.add("phone", ifPresent: card.phone)
        object.add("url", ifPresent: card.url)
        return object
    }

    /// An `RTCIceServer` of the WebRTC API (§4.2.3 there).
    private static func object(_ server: ServerMessage.ICEServer) -> JSONObject {
        var object = JSONObject()
        object.add("urls", server.urls)
        object.add("username", ifPresent: server.username)
        object.add("credential", ifPresent: server.credential)
        return object
    }

    private static func object(_ holds: ServerMessage.ChannelHolds) -> JSONObject {
        var object = JSONObject()
        object.add("audio", holds.audio.names)
        object.add("video", holds.video.names)
        object.add("chat", holds.chat.names)
        return object
    }

    private static func object(_ statement: ServerMessage.Statement) -> JSONObject {
        var object = JSONObject()
        object.add("ground", statement.ground)
        object.add("facts", statement.facts)
        object.add("automated", statement.automated)
        object.add("redress", statement.redress)
        return object
    }
}
