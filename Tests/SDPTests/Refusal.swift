import SDP
import Testing

/// One way to spoil Chromium's answer, and what it is refused for.
struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    let reason: SDPError.Reason
    let line: Int?

    init(_ name: String, _ text: String, _ reason: SDPError.Reason, line: Int? = nil) {
        (testDescription, self.text, self.reason, self.line) = (name, text, reason, line)
    }

    private static let other = Array(repeating: "4B", count: 32).joined(separator: ":")

    static let notSDP = [
        Refusal("empty", "", .notSDP),
        Refusal("line ends only", "\r\n\r\n", .notSDP),
        Refusal("prose", "hello", .notSDP, line: 1),
        Refusal("JSON", "{\"type\":\"answer\"}", .notSDP, line: 1),
        Refusal("another version", Answers.replacing("v=0", with: "v=1"), .notSDP, line: 1),
        Refusal("no version", Answers.without("v="), .notSDP, line: 1),
        Refusal("no origin", Answers.without("o="), .notSDP, line: 2),
        Refusal("no name", Answers.without("s="), .notSDP, line: 3),
        Refusal("cut off after the origin", "v=0\no=- 1 1 IN IP4 0.0.0.0\n", .notSDP),
        Refusal("an empty line inside", Answers.replacing("t=0 0", with: ""), .notSDP, line: 4),
        Refusal("a line without '='", Answers.replacing("t=0 0", with: "time"), .notSDP, line: 4),
        Refusal("a NUL", Answers.replacing("t=0 0", with: "t=0\u{0}0"), .notSDP, line: 4),
        Refusal("a lone CR", Answers.replacing("t=0 0", with: "t=0\ra=b"), .notSDP, line: 4),
        Refusal(
            "a port of words", Answers.replacing("m=audio", with: "m=audio nine UDP/TLS/RTP/SAVPF 111"),
            .notSDP),
        Refusal(
            "a port too large", Answers.replacing("m=audio", with: "m=audio 65536 UDP/TLS/RTP/SAVPF 111"),
            .notSDP),
        Refusal("an empty m=", Answers.replacing("m=audio", with: "m="), .notSDP, line: 7),
    ]

    static let sections = [
        Refusal(
            "no sections", Answers.lines(Answers.chromium).prefix(6).joined(separator: "\n"), .wrongSections),
        Refusal("one section", String(Answers.chromium.split(separator: "m=video")[0]), .wrongSections),
        Refusal(
            "three sections", Answers.chromium + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n",
            .wrongSections, line: 54),
        Refusal(
            "the wrong order",
            Answers.replacing(
                "m=audio", with: "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
                in: Answers.replacing("m=video", with: "m=audio 9 UDP/TLS/RTP/SAVPF 111")),
            .wrongSections, line: 7),
        Refusal("another mid", Answers.replacing("a=mid:1", with: "a=mid:2"), .wrongSections),
        Refusal("mids exchanged", Answers.replacing("a=mid:0", with: "a=mid:1"), .wrongSections),
        Refusal("no mid", Answers.without("a=mid:0"), .wrongSections, line: 7),
        Refusal(
            "audio rejected", Answers.replacing("m=audio", with: "m=audio 0 UDP/TLS/RTP/SAVPF 111"),
            .rejectedAudio, line: 7),
        Refusal(
            "plain RTP", Answers.replacing("m=audio", with: "m=audio 9 RTP/AVP 111"), .wrongProtocol, line: 7),
        Refusal("no bundle", Answers.without("a=group"), .missingBundle),
        Refusal("another group only", Answers.replacing("a=group", with: "a=group:LS 0 1"), .missingBundle),
        Refusal(
            "video outside the bundle", Answers.replacing("a=group", with: "a=group:BUNDLE 0"), .wrongBundle,
            line: 5),
        Refusal(
            "an empty bundle", Answers.replacing("a=group", with: "a=group:BUNDLE"), .wrongBundle, line: 5),
        Refusal(
            "a bundle in another order", Answers.replacing("a=group", with: "a=group:BUNDLE 1 0"),
            .wrongBundle,
            line: 5),
        Refusal(
            "two bundles", Answers.replacing("a=group", with: "a=group:BUNDLE 0\na=group:BUNDLE 1"),
            .duplicateAttribute, line: 6),
        Refusal("no rtcp-mux", Answers.without("a=rtcp-mux"), .missingMultiplexing, line: 7),
    ]

    static let formats = [
        Refusal(
            "no Opus", Answers.replacing("m=audio", with: "m=audio 9 UDP/TLS/RTP/SAVPF"), .wrongPayloadType,
            line: 7),
        Refusal(
            "a payload type that was not offered",
            Answers.replacing("m=audio", with: "m=audio 9 UDP/TLS/RTP/SAVPF 111 8"), .wrongPayloadType,
            line: 7),
        Refusal(
            "a payload type of 300",
            Answers.replacing("m=audio", with: "m=audio 9 UDP/TLS/RTP/SAVPF 111 300"), .wrongPayloadType,
            line: 7),
        Refusal(
            "a payload type twice",
            Answers.replacing("m=audio", with: "m=audio 9 UDP/TLS/RTP/SAVPF 111 111"), .wrongPayloadType,
            line: 7),
        Refusal(
            "RTX without VP8", Answers.replacing("m=video", with: "m=video 9 UDP/TLS/RTP/SAVPF 97"),
            .wrongPayloadType),
        Refusal(
            "another codec under our number",
            Answers.replacing("a=rtpmap:96", with: "a=rtpmap:96 H264/90000"),
            .wrongPayloadType),
        Refusal("no rtpmap", Answers.without("a=rtpmap:96"), .wrongPayloadType),
        Refusal(
            "rtpmap twice",
            Answers.replacing("a=rtpmap:96", with: "a=rtpmap:96 VP8/90000\na=rtpmap:96 VP8/90000"),
            .duplicateAttribute),
        Refusal(
            "RTX of something else", Answers.replacing("a=fmtp:97", with: "a=fmtp:97 apt=111"),
            .wrongPayloadType),
        Refusal(
            "an extension renumbered",
            Answers.replacing("a=extmap:1", with: "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"),
            .wrongExtension),
        Refusal(
            "an extension that was not offered",
            Answers.replacing("a=extmap:1", with: "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
            .wrongExtension),
        Refusal(
            "an extension twice",
            Answers.replacing(
                "a=extmap:1",
                with: "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\n"
                    + "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid"),
            .duplicateAttribute),
    ]

    static let transport = [
        Refusal("no ice-ufrag", Answers.without("a=ice-ufrag"), .missingUsernameFragment),
        Refusal("no ice-pwd", Answers.without("a=ice-pwd"), .missingPassword),
        Refusal("no fingerprint", Answers.without("a=fingerprint"), .missingFingerprint),
        Refusal("no setup", Answers.without("a=setup"), .missingSetup),
        Refusal(
            "no ice-ufrag where the bundle looks", Answers.replacing("a=ice-ufrag", nth: 0, with: "a=x"),
            .missingUsernameFragment),
        Refusal(
            "ice-ufrag of 3", Answers.replacing("a=ice-ufrag", with: "a=ice-ufrag:abc"), .badUsernameFragment),
        Refusal(
            "ice-ufrag of 257",
            Answers.replacing("a=ice-ufrag", with: "a=ice-ufrag:" + String(repeating: "a", count: 257)),
            .badUsernameFragment),
        Refusal(
            "ice-ufrag with ':'", Answers.replacing("a=ice-ufrag", with: "a=ice-ufrag:ab:cd"),
            .badUsernameFragment),
        Refusal(
            "ice-ufrag not ASCII", Answers.replacing("a=ice-ufrag", with: "a=ice-ufrag:äöüß"),
            .badUsernameFragment),
        Refusal(
            "ice-pwd of 21",
            Answers.replacing("a=ice-pwd", with: "a=ice-pwd:" + String(repeating: "p", count: 21)),
            .badPassword),
        Refusal(
            "ice-pwd of 257",
            Answers.replacing("a=ice-pwd", with: "a=ice-pwd:" + String(repeating: "p", count: 257)),
            .badPassword),
        Refusal(
            "ice-ufrag twice",
            Answers.replacing("a=ice-ufrag", nth: 0, with: "a=ice-ufrag:Xp3/\na=ice-ufrag:Xp3/"),
            .duplicateAttribute, line: 13),
        Refusal(
            "setup twice", Answers.replacing("a=setup", nth: 0, with: "a=setup:active\na=setup:active"),
            .duplicateAttribute),
        Refusal(
            "the browser as server", Answers.replacing("a=setup", with: "a=setup:passive"), .wrongSetup,
            line: 16),
        Refusal("actpass in an answer", Answers.replacing("a=setup", with: "a=setup:actpass"), .wrongSetup),
        Refusal("holdconn", Answers.replacing("a=setup", with: "a=setup:holdconn"), .wrongSetup),
        Refusal(
            "SHA-1", Answers.replacing("a=fingerprint", with: "a=fingerprint:sha-1 AB"), .weakFingerprint,
            line: 15),
        Refusal("MD5", Answers.replacing("a=fingerprint", with: "a=fingerprint:md5 AB"), .weakFingerprint),
        Refusal(
            "a short digest", Answers.replacing("a=fingerprint", with: "a=fingerprint:sha-256 AB:CD"),
            .badFingerprint),
        Refusal(
            "a digest of 33 bytes",
            Answers.replacing("a=fingerprint", with: "a=fingerprint:sha-256 AB:\(Answers.digest)"),
            .badFingerprint),
        Refusal(
            "a digest with a letter too far",
            Answers.replacing(
                "a=fingerprint", with: "a=fingerprint:sha-256 4G" + Answers.digest.dropFirst(2)),
            .badFingerprint),
        Refusal(
            "a digest with a sign",
            Answers.replacing(
                "a=fingerprint", with: "a=fingerprint:sha-256 +4" + Answers.digest.dropFirst(2)),
            .badFingerprint),
        Refusal(
            "a fingerprint without digest", Answers.replacing("a=fingerprint", with: "a=fingerprint:sha-256"),
            .badFingerprint),
        Refusal(
            "sections with two fingerprints",
            Answers.replacing("a=fingerprint", nth: 1, with: "a=fingerprint:sha-256 \(other)"), .conflict),
        Refusal(
            "a session fingerprint that a section contradicts",
            Answers.replacing("t=0 0", with: "t=0 0\na=fingerprint:sha-256 \(other)"), .conflict),
        Refusal(
            "sections with two ice-ufrags",
            Answers.replacing("a=ice-ufrag", nth: 1, with: "a=ice-ufrag:abcd"),
            .conflict),
        Refusal(
            "sections with two ice-pwds",
            Answers.replacing("a=ice-pwd", nth: 1, with: "a=ice-pwd:" + String(repeating: "p", count: 24)),
            .conflict),
        Refusal(
            "both sides ICE-lite", Answers.replacing("t=0 0", with: "t=0 0\na=ice-lite"), .bothLite, line: 5),
    ]
}
