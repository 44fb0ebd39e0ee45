import RelayTypes
import SDP
import Testing

@Suite("The server's offer (PROTOCOL.md section 3)")
struct OfferWriterTests {
    private func parameters(_ candidates: [Endpoint]) throws -> OfferParameters {
        let fingerprint = try #require(
            CertificateFingerprint(algorithm: .sha256, digest: Array(repeating: 0x0a, count: 32)))
        return OfferParameters(
            credentials: ICECredentials(
                usernameFragment: "abcdefgh", password: String(repeating: "p", count: 24)),
            fingerprint: fingerprint, candidates: candidates,
            sources: OutboundSources(audio: 11, video: 22, retransmission: 33), canonicalName: "cnameX",
            format: MediaFormat(), sessionID: .max, sessionVersion: 3)
    }

    private func lines(_ candidates: [Endpoint]) throws -> [String] {
        let offer = OfferWriter.write(try parameters(candidates))
        #expect(offer.hasSuffix("\r\n"))
        return Array(offer.utf8).split(separator: 0x0a).map { String(decoding: $0.dropLast(), as: UTF8.self) }
    }

    private let ipv4 = Endpoint(ipv4: 0xc000_0201, port: 3_478)
    private let loopback = Endpoint(ipv4: 0x7f00_0001, port: 3_478)
    private let ipv6 = Endpoint(high: 0x2001_0db8_0000_0000, low: 0x17, port: 3_478, isIPv6: true)
    private let linkLocal = Endpoint(high: 0xfe80_0000_0000_0000, low: 1, port: 3_478, isIPv6: true)
    private let loopback6 = Endpoint(high: 0, low: 1, port: 3_478, isIPv6: true)

    @Test("is this text, to the letter")
    func wholeText() throws {
        let digest = Array(repeating: "0A", count: 32).joined(separator: ":")
        let transport = [
            "c=IN IP4 192.0.2.1",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
            "a=end-of-candidates",
            "a=ice-ufrag:abcdefgh",
            "a=ice-pwd:pppppppppppppppppppppppp",
            "a=fingerprint:sha-256 \(digest)",
            "a=setup:actpass",
        ]
        let twcc = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        let session = [
            "v=0", "o=- 9223372036854775807 3 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
            "a=ice-lite", "a=ice-options:ice2",
        ]
        let audio =
            ["m=audio 3478 UDP/TLS/RTP/SAVPF 111"] + transport + [
                "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:2 \(twcc)",
                "a=sendrecv",
                "a=msid:tidegate audio", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:111 opus/48000/2",
                "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
                "a=ssrc:11 cname:cnameX",
            ]
        let video =
            ["m=video 3478 UDP/TLS/RTP/SAVPF 96 97"] + transport + [
                "a=mid:1", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:2 \(twcc)",
                "a=sendrecv", "a=msid:tidegate video", "a=rtcp-mux",
                "a=rtcp-rsize", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 goog-remb",
                "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
                "a=rtpmap:97 rtx/90000",
                "a=fmtp:97 apt=96", "a=ssrc-group:FID 22 33", "a=ssrc:22 cname:cnameX",
                "a=ssrc:33 cname:cnameX",
            ]
        #expect(try lines([ipv4]) == session + audio + video)
    }

    @Test("names every address once, the best first (RFC 8445 §5.1.2.1)")
    func candidateOrder() throws {
        let elsewhere = Endpoint(ipv4: 0xc000_0201, port: 3_478, socket: 3)
        let all = try lines([loopback, loopback6, ipv4, linkLocal, ipv6, elsewhere])
        let audio = all.prefix { !$0.hasPrefix("m=video") }.filter { $0.hasPrefix("a=candidate") }
        #expect(
            audio == [
                "a=candidate:1 1 udp 2130706431 2001:db8:0:0:0:0:0:17 3478 typ host",
                "a=candidate:2 1 udp 2130706175 192.0.2.1 3478 typ host",
                "a=candidate:3 1 udp 2130705919 fe80:0:0:0:0:0:0:1 3478 typ host",
                "a=candidate:4 1 udp 2130705663 0:0:0:0:0:0:0:1 3478 typ host",
                "a=candidate:5 1 udp 2130705407 127.0.0.1 3478 typ host",
            ])
        #expect(all.contains("c=IN IP4 192.0.2.1"), "the default candidate is IPv4 where there is one")
    }

    @Test("two ports of one address have one foundation (RFC 8445 §5.1.1.3)")
    func foundations() throws {
        let second = Endpoint(ipv4: 0xc000_0201, port: 3_479)
        let candidates = try lines([ipv4, second]).filter { $0.hasPrefix("a=candidate:1 ") }
        #expect(candidates.count == 4)
    }

    @Test("can be without IPv4, and without any address")
    func defaults() throws {
        #expect(try lines([ipv6]).contains("c=IN IP6 2001:db8:0:0:0:0:0:17"))
        let none = try lines([])
        #expect(none.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111"))
        #expect(none.contains("c=IN IP4 0.0.0.0"))
    }

    @Test("offers nothing that PROTOCOL.md leaves out, and stays small")
    func omissions() throws {
        let offer = OfferWriter.write(try parameters([ipv4, ipv6, loopback]))
        for word in ["rtp-stream-id", "abs-send-time", "simulcast", "extmap-allow-mixed"] {
            #expect(!offer.contains(word))
        }
        #expect(offer.utf8.count < 4_096)
        #expect(offer.utf8.allSatisfy { $0 < 0x80 })
    }
}
