import RelayTestKit
import RelayTypes
import SDP
import Testing

@Suite("A browser reads the server's offer")
struct ServerOfferTests {
    static func parameters() throws -> OfferParameters {
        OfferParameters(
            credentials: ICECredentials(usernameFragment: "abcd", password: "0123456789012345678901"),
            fingerprint: try #require(CertificateFingerprint(algorithm: .sha256, digest: Array(1...32))),
            candidates: [
                Endpoint(ipv4: 0x7f00_0001, port: 3478),
                Endpoint(high: 0, low: 1, port: 3478, isIPv6: true),
            ],
            sources: OutboundSources(audio: 1, video: 2, retransmission: 3), canonicalName: "server",
            format: MediaFormat(), sessionID: 1, sessionVersion: 1)
    }

    @Test("and finds what was put into it")
    func roundTrip() throws {
        let parameters = try Self.parameters()
        let offer = try ServerOffer(OfferWriter.write(parameters))
        #expect(offer.credentials == parameters.credentials)
        #expect(offer.fingerprint == parameters.fingerprint)
        #expect(Set(offer.candidates) == Set(parameters.candidates))
        #expect(offer.sources == parameters.sources)
        #expect(offer.isLite)
    }

    @Test("answers it in a form that the server's reader takes", arguments: [true, false])
    func answer(hasVideo: Bool) throws {
        var configuration = BrowserConfiguration(senderID: 1)
        configuration.hasVideo = hasVideo
        let browser = try SyntheticBrowser(configuration)
        defer { browser.vanish() }
        let text = try browser.answer(OfferWriter.write(try Self.parameters()))
        let answer = try AnswerReader.read(text, format: MediaFormat())
        #expect(answer.hasVideo == hasVideo)
        #expect(answer.hasAudio)
    }

    @Test("or says what is missing")
    func missing() throws {
        let text = OfferWriter.write(try Self.parameters())
        for attribute in ["a=ice-ufrag", "a=fingerprint", "a=setup", "a=candidate"] {
            let without = text.split(separator: "\r\n").filter { !$0.hasPrefix(attribute) }
                .joined(separator: "\r\n")
            #expect(throws: TestKitError.self) { try ServerOffer(without) }
        }
    }
}
