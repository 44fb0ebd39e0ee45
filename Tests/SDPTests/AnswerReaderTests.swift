import RelayTypes
import SDP
import Testing

@Suite("A browser's answer is read")
struct AnswerReaderTests {
    @Test("Chromium's", arguments: [Answers.chromium, Answers.crlf(Answers.chromium)])
    func chromium(text: String) throws {
        let answer = try AnswerReader.read(text, format: MediaFormat())
        #expect(
            answer.credentials
                == ICECredentials(usernameFragment: Answers.usernameFragment, password: Answers.password))
        #expect(answer.fingerprint.algorithm == .sha256)
        #expect(answer.fingerprint.digest == Array(repeating: 0x4a, count: 32))
        #expect(answer.hasAudio)
        #expect(answer.hasVideo)
    }

    @Test("Firefox's, with the fingerprint at session level")
    func firefox() throws {
        let answer = try AnswerReader.read(Answers.crlf(Answers.firefox), format: MediaFormat())
        #expect(answer.credentials.usernameFragment == "1b2c3d4e")
        #expect(answer.fingerprint.hexadecimal == Answers.digest)
        #expect(answer.hasVideo)
    }

    @Test("a rejected video section means audio only")
    func rejectedVideo() throws {
        let answer = try AnswerReader.read(Answers.chromiumWithoutVideo, format: MediaFormat())
        #expect(answer.hasAudio)
        #expect(!answer.hasVideo)
        let kept = Answers.replacing("a=group:", with: "a=group:BUNDLE 0 1", in: Answers.chromiumWithoutVideo)
        #expect(try !AnswerReader.read(kept, format: MediaFormat()).hasVideo)
        let bare = Answers.replacing(
            "m=video", with: "m=video 0 UDP/TLS/RTP/SAVPF 0", in: Answers.chromiumWithoutVideo)
        #expect(try !AnswerReader.read(bare, format: MediaFormat()).hasVideo)
    }

    @Test("transport attributes in the first section are enough (RFC 9429 §5.3.1)")
    func transportOnce() throws {
        let parts = Answers.chromium.split(separator: "m=video")
        var second = "m=video" + parts[1]
        for prefix in ["a=ice-", "a=fingerprint", "a=setup", "a=rtcp-mux"] {
            second = Answers.without(prefix, in: second)
        }
        let answer = try AnswerReader.read(parts[0] + second, format: MediaFormat())
        #expect(answer.hasVideo)
        #expect(answer.credentials.password == Answers.password)
    }

    @Test("retransmission and header extensions may be left out")
    func optionalParts() throws {
        var text = Answers.replacing("m=video", with: "m=video 9 UDP/TLS/RTP/SAVPF 96")
        for prefix in ["a=rtpmap:97", "a=fmtp:97", "a=extmap"] { text = Answers.without(prefix, in: text) }
        #expect(try AnswerReader.read(text, format: MediaFormat()).hasVideo)
    }

    @Test("what other spellings the standards allow")
    func spellings() throws {
        var text = Answers.replacing("a=rtpmap:111", with: "a=rtpmap:111 OPUS/48000/2")
        text = Answers.replacing(
            "a=fingerprint", with: "a=fingerprint:SHA-256 " + Answers.digest.lowercased(), in: text)
        text = Answers.replacing(
            "a=extmap:1", with: "a=extmap:1/recvonly urn:ietf:params:rtp-hdrext:sdes:mid", in: text)
        #expect(try AnswerReader.read(text, format: MediaFormat()).fingerprint.hexadecimal == Answers.digest)
    }

    @Test("of several fingerprints the strongest counts (RFC 8122 §5)")
    func severalFingerprints() throws {
        let long = Array(repeating: "0b", count: 64).joined(separator: ":")
        let both = "a=fingerprint:sha-256 \(Answers.digest)\na=fingerprint:sha-512 \(long)"
        let answer = try AnswerReader.read(
            Answers.replacing("a=fingerprint", with: both), format: MediaFormat())
        #expect(answer.fingerprint.algorithm == .sha512)
    }

    @Test("credentials of every legal length", arguments: [4, 256], [22, 256])
    func credentialLengths(fragment: Int, password: Int) throws {
        var text = Answers.replacing(
            "a=ice-ufrag", with: "a=ice-ufrag:" + String(repeating: "+", count: fragment))
        text = Answers.replacing(
            "a=ice-pwd", with: "a=ice-pwd:" + String(repeating: "/", count: password), in: text)
        let credentials = try AnswerReader.read(text, format: MediaFormat()).credentials
        #expect(credentials.usernameFragment.utf8.count == fragment)
        #expect(credentials.password.utf8.count == password)
    }

    @Test("other numbers, when they are what was offered")
    func otherFormat() throws {
        var format = MediaFormat()
        format.opusPayloadType = 109
        let text = Answers.chromium.split(separator: "111", omittingEmptySubsequences: false)
            .joined(separator: "109")
        #expect(try AnswerReader.read(text, format: format).hasAudio)
        #expect(throws: SDPError.self) { try AnswerReader.read(text, format: MediaFormat()) }
    }

    @Test("the longest text and the most lines that are read, and one more")
    func size() throws {
        let padding = AnswerReader.maximumBytes - Answers.chromium.utf8.count
        let filler = "a=x:" + String(repeating: "y", count: padding - 5) + "\n"
        #expect(throws: Never.self) {
            try AnswerReader.read(Answers.chromium + filler, format: MediaFormat())
        }
        let tooLong = try #require(throws: SDPError.self) {
            try AnswerReader.read(Answers.chromium + "a=y\n" + filler, format: MediaFormat())
        }
        #expect(tooLong.reason == .tooLong)

        let missing = AnswerReader.maximumLines - (Answers.lines(Answers.chromium).count - 1)
        let rows = String(repeating: "a=y\n", count: missing)
        #expect(throws: Never.self) { try AnswerReader.read(Answers.chromium + rows, format: MediaFormat()) }
        let tooMany = try #require(throws: SDPError.self) {
            try AnswerReader.read(Answers.chromium + rows + "a=y\n", format: MediaFormat())
        }
        #expect(tooMany.reason == .tooLong)
    }
}
