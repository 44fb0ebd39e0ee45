import Testing

@testable import RelayConfig

@Suite("HOST:PORT, with IPv6 in brackets (RFC 3986 §3.2.2)")
struct ListenAddressTests {
    @Test(
        "is read and written the same",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8_080), ("[::1]:0", "::1", 0), ("[::]:443", "::", 443),
            ("localhost:65535", "localhost", 65_535), ("chat-1.example:1", "chat-1.example", 1),
        ] as [(String, String, UInt16)])
    func good(text: String, host: String, port: UInt16) {
        #expect(ListenAddress(text) == ListenAddress(host: host, port: port))
        #expect(ListenAddress(host: host, port: port).description == text)
    }

    @Test(
        "anything else is nothing",
        arguments: [
            "", ":", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
            "127.0.0.1:+1",
            "127.0.0.1:8 0", "127.0.0:80", "256.0.0.1:80", "::1:80", "[::1]", "[::1", "[::1]80",
            "[1.2.3.4]:80",
            "[fe80::1%eth0]:80", "a b:80", "-a:80", "http://a:80", "a:８０", "*:80",
        ])
    func bad(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("a typing error is near, another word is not")
    func nearest() {
        let keys = ["http.listen", "http.key", "media.port", "policy.unverified"]
        #expect(nearestKey(to: "http.lsiten", among: keys) == "http.listen")
        #expect(nearestKey(to: "http.port", among: keys) == "media.port")
        #expect(nearestKey(to: "something.else", among: keys) == nil)
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(editDistance("ab", "ba") == 1)
        #expect(editDistance("", "abc") == 3)
    }
}
