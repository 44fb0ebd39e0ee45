import ReferenceTools
import RelayTypes
import Signalling
import Testing

/// One message of the server's, and its JSON.
struct WrittenRow: CustomTestStringConvertible, Sendable {
    let message: ServerMessage
    let re: MessageID?
    let json: String
    var testDescription: String { String(json.prefix(60)) }

    init(_ message: ServerMessage, re: MessageID? = nil, _ json: String) {
        (self.message, self.re, self.json) = (message, re, json)
    }

    private static let pair = PairID("p1")
    private static let policy = PolicySummary(attestURL: "https://age.example/", retentionDays: 30)

    static let all = [
        WrittenRow(
            .welcome(
                ServerMessage.Welcome(
                    peer: PeerID("me"), resume: "r", resumed: false, nonce: "n",
                    reportReasons: ["minor", "other"],
                    policy: policy,
                    iceServers: [
                        ServerMessage.ICEServer(urls: ["turn:t"], username: "u", credential: "c"),
                        ServerMessage.ICEServer(urls: ["stun:s"]),
                    ])), re: .text("a"),
            #"{"type":"welcome","re":"a","peer":"me","resume":"r","resumed":false,"nonce":"n","#
                + #""report_reasons":["minor","other"],"policy":{"unverified":"hold","consent":"video","#
                + #""bands":["adult","teen"],"attest_url":"https://age.example/","chat":true,"capture":"none","#
                + #""retention_days":30},"ice_servers":[{"urls":["turn:t"],"username":"u","credential":"c"},"#
                + #"{"urls":["stun:s"]}]}"#),
        WrittenRow(
            .nonce(nonce: "n", expires: "2026-01-01T00:00:00.000Z"), re: .number(-7),
            #"{"type":"nonce","re":-7,"nonce":"n","expires":"2026-01-01T00:00:00.000Z"}"#),
        WrittenRow(
            .age(band: Band("adult"), expires: "e", nonce: "n"),
            #"{"type":"age","band":"adult","expires":"e","nonce":"n"}"#),
        WrittenRow(
            .queued(waiting: 3), re: .number(1 << 53), #"{"type":"queued","re":9007199254740992,"waiting":3}"#
        ),
        WrittenRow(
            .offer(sdp: "v=0\r\n", iceRestart: true), #"{"type":"offer","sdp":"v=0\r\n","ice_restart":true}"#),
        WrittenRow(.connected, re: .text(""), #"{"type":"connected","re":""}"#),
        WrittenRow(
            .matched(
                ServerMessage.Matched(
                    pair: pair, receipt: "x", sharedInterests: ["go"], partnerBand: Band("teen"),
                    partnerLanguages: ["de", "en"])),
            #"{"type":"matched","pair":"p1","receipt":"x","shared_interests":["go"],"#
                + #""partner":{"band":"teen","languages":["de","en"]}}"#),
        WrittenRow(
            .matched(
                ServerMessage.Matched(
                    pair: pair, receipt: "x", sharedInterests: [], partnerBand: nil, partnerLanguages: [])),
            #"{"type":"matched","pair":"p1","receipt":"x","shared_interests":[],"partner":{"languages":[]}}"#),
        WrittenRow(
            .gate(
                pair: pair,
                inbound: ServerMessage.ChannelHolds(
                    audio: [], video: [.consentPartner, .ageSelf], chat: .report),
                outbound: ServerMessage.ChannelHolds(
                    audio: Holds(rawValue: 0xff), video: .moderator, chat: [])),
            #"{"type":"gate","pair":"p1","inbound":{"audio":[],"video":["age_self","consent_partner"],"#
                + #""chat":["report"]},"outbound":{"audio":["age_self","age_partner","consent_self","#
                + #""consent_partner","report","moderator","policy","risk"],"video":["moderator"],"chat":[]}}"#
        ),
        WrittenRow(
            .chat(text: "hi", at: "t", pair: pair), #"{"type":"chat","text":"hi","at":"t","pair":"p1"}"#),
        WrittenRow(.chatSent(pair: pair), #"{"type":"chat_sent","pair":"p1"}"#),
        WrittenRow(.typing(on: true, pair: pair), #"{"type":"typing","on":true,"pair":"p1"}"#),
        WrittenRow(.notice(code: "c", message: "m"), #"{"type":"notice","code":"c","message":"m"}"#),
        WrittenRow(
            .partnerLeft(pair: pair, why: .lost), #"{"type":"partner_left","pair":"p1","why":"lost"}"#),
        WrittenRow(.cut(pair: pair, why: .moderator), #"{"type":"cut","pair":"p1","why":"moderator"}"#),
        WrittenRow(
            .reportReceived(report: ReportID("r"), pair: pair),
            #"{"type":"report_received","report":"r","pair":"p1"}"#),
        WrittenRow(.appealReceived(decision: "d"), #"{"type":"appeal_received","decision":"d"}"#),
        WrittenRow(
            .banned(
                until: nil, decision: "d",
                statement: ServerMessage.Statement(ground: "g", facts: "f", automated: false, redress: "r")),
            #"{"type":"banned","decision":"d","#
                + #""statement":{"ground":"g","facts":"f","automated":false,"redress":"r"}}"#),
        WrittenRow(
            .banned(
                until: "u", decision: "d",
                statement: ServerMessage.Statement(ground: "", facts: "", automated: true, redress: "")),
            #"{"type":"banned","until":"u","decision":"d","#
                + #""statement":{"ground":"","facts":"","automated":true,"redress":""}}"#),
        WrittenRow(.left, #"{"type":"left"}"#),
        WrittenRow(
            .draining(reconnect: true, within: 30), #"{"type":"draining","reconnect":true,"within":30}"#),
        WrittenRow(.move(url: "wss://b"), #"{"type":"move","url":"wss://b"}"#),
        WrittenRow(
            .error(code: .badSDP, message: "m"), re: .text("\"\\"),
            #"{"type":"error","re":"\"\\","code":"bad_sdp","message":"m"}"#),
    ]
}

@Suite("The server's messages are written (PROTOCOL.md section 2.2)")
struct ServerMessageWriterTests {
    @Test("every type, with and without its optional members", arguments: WrittenRow.all)
    func types(row: WrittenRow) {
        #expect(ServerMessageWriter.write(row.message, re: row.re) == row.json)
    }

    @Test("the rows above have every type")
    func complete() {
        #expect(Set(WrittenRow.all.map { ServerMessageWriter.typeName($0.message) }).count == 21)
    }

    @Test("every error code has its name")
    func codes() {
        for code in ErrorCode.allCases {
            let json = ServerMessageWriter.write(.error(code: code, message: ""))
            #expect(json == "{\"type\":\"error\",\"code\":\"\(code.rawValue)\",\"message\":\"\"}")
        }
    }

    @Test("GET /v1/policy is the policy of welcome, without what is not set")
    func policy() {
        #expect(
            ServerMessageWriter.policyJSON(PolicySummary(unverified: .lobby, consent: .all, capture: .text))
                == #"{"unverified":"lobby","consent":"all","bands":["adult","teen"],"chat":true,"capture":"text","#
                + #""retention_days":90}"#)
    }

    @Test("help cards are part of the policy where there are some")
    func help() {
        let cards = [
            HelpCard(languages: ["fr"], text: "3018", phone: "3018", url: "https://3018.fr"),
            HelpCard(languages: [], text: "t"),
        ]
        #expect(
            ServerMessageWriter.policyJSON(PolicySummary(help: cards))
                .hasSuffix(
                    #""help":[{"languages":["fr"],"text":"3018","phone":"3018","url":"https://3018.fr"},"#
                        + #"{"languages":[],"text":"t"}]}"#))
    }

    @Test("what must be escaped is, and the rest is left (RFC 8259 §7)")
    func escapes() {
        let text = "\u{0}\u{1f}\"\\/\n\r\t\u{8}\u{7f}\u{2028}é😀</script>"
        #expect(
            ServerMessageWriter.write(.move(url: text))
                == #"{"type":"move","url":"\u0000\u001f\"\\/\n\r\t\u0008\u007f\u2028é😀</script>"}"#)
    }

    @Test("any text comes back from a reader as it was", arguments: 0..<4 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 1...20, using: &generator))
                .compactMap { _ in
                    Unicode.Scalar(
                        UInt32.random(
                            in: 1...(Bool.random(using: &generator) ? 0x80 : 0x10ffff), using: &generator))
                }
            let text = String(String.UnicodeScalarView(scalars))
            guard !text.isEmpty else { continue }
            let written = ServerMessageWriter.write(.chat(text: text, at: "", pair: PairID("p")))
            #expect(
                ClientMessageReader.read(written)
                    == .success(ClientFrame(.chat(text: text, pair: PairID("p")))),
                "seed \(seed)")
        }
    }
}
