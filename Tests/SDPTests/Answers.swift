/// Answers as browsers write them to our offer, and ways to spoil them.
enum Answers {
    static let digest = Array(repeating: "4A", count: 32).joined(separator: ":")
    static let usernameFragment = "Xp3/"
    static let password = "hU+0mwYXUTqF3v8KxnL7vXsa"

    /// Chromium: everything in both sections.
    static let chromium = """
        v=0
        o=- 4962303333179871722 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=msid-semantic: WMS 1c6f4a0e-50ac-4d52-8f37-2a4f1a3b0f61
        m=audio 41885 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 192.0.2.77
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:1467250027 1 udp 2122260223 192.0.2.77 41885 typ host generation 0 network-id 1
        a=candidate:435653019 1 tcp 1518280447 192.0.2.77 9 typ host tcptype active generation 0 network-id 1
        a=ice-ufrag:Xp3/
        a=ice-pwd:hU+0mwYXUTqF3v8KxnL7vXsa
        a=ice-options:trickle
        a=fingerprint:sha-256 \(digest)
        a=setup:active
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=sendrecv
        a=msid:1c6f4a0e-50ac-4d52-8f37-2a4f1a3b0f61 7f8f3c36-5f24-4be5-a3e5-6fd2e1b2a9d4
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=ssrc:3735928559 cname:Xk1mPz0qJ6pWc9Rt
        m=video 9 UDP/TLS/RTP/SAVPF 96 97
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:Xp3/
        a=ice-pwd:hU+0mwYXUTqF3v8KxnL7vXsa
        a=ice-options:trickle
        a=fingerprint:sha-256 \(digest)
        a=setup:active
        a=mid:1
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=sendrecv
        a=msid:1c6f4a0e-50ac-4d52-8f37-2a4f1a3b0f61 0d3c8a76-44c4-4ed0-9f1c-73f0a6c1a0a7
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 goog-remb
        a=rtcp-fb:96 transport-cc
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=ssrc-group:FID 2466512369 1012231743
        a=ssrc:2466512369 cname:Xk1mPz0qJ6pWc9Rt
        a=ssrc:1012231743 cname:Xk1mPz0qJ6pWc9Rt

        """

    /// Chromium without a camera track and with the video transceiver stopped.
    static let chromiumWithoutVideo = """
        v=0
        o=- 2890844526 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=msid-semantic: WMS
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:Xp3/
        a=ice-pwd:hU+0mwYXUTqF3v8KxnL7vXsa
        a=fingerprint:sha-256 \(digest)
        a=setup:active
        a=mid:0
        a=sendrecv
        a=rtcp-mux
        a=rtpmap:111 opus/48000/2
        m=video 0 UDP/TLS/RTP/SAVPF 96 97
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=mid:1
        a=inactive
        a=rtpmap:96 VP8/90000

        """

    /// Firefox: the fingerprint at session level, attributes by name, mDNS candidates.
    static let firefox = """
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 3366495178826218127 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        a=fingerprint:sha-256 \(digest)
        a=group:BUNDLE 0 1
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 0.0.0.0
        a=candidate:0 1 UDP 2122252543 5fd8b9a1-7a0c-4f0c-b0b4-b1a9f2f8c1d2.local 52311 typ host
        a=sendrecv
        a=end-of-candidates
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:111 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=ice-pwd:0f6a1c5be6a3f4b28d8f3f6a3a0a7cde
        a=ice-ufrag:1b2c3d4e
        a=mid:0
        a=msid:{b1f5aa0b-6d43-4a3e-9a3f-0f7e0b7c8d11} {8f0e6cf1-9f0d-4d25-b0aa-9e6d5f4c3b2a}
        a=rtcp-mux
        a=rtpmap:111 opus/48000/2
        a=setup:active
        a=ssrc:2718281828 cname:{3d0b3f6e-4b8e-4c55-8d7e-5a1f7b9c0d2e}
        m=video 9 UDP/TLS/RTP/SAVPF 96 97
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=fmtp:96 max-fs=12288;max-fr=60
        a=fmtp:97 apt=96
        a=ice-pwd:0f6a1c5be6a3f4b28d8f3f6a3a0a7cde
        a=ice-ufrag:1b2c3d4e
        a=mid:1
        a=msid:{b1f5aa0b-6d43-4a3e-9a3f-0f7e0b7c8d11} {2d9d7c2e-7b4c-4d3d-8d5f-1e2f3a4b5c6d}
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 goog-remb
        a=rtcp-fb:96 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:96 VP8/90000
        a=rtpmap:97 rtx/90000
        a=setup:active
        a=ssrc:3141592653 cname:{3d0b3f6e-4b8e-4c55-8d7e-5a1f7b9c0d2e}
        a=ssrc:1618033988 cname:{3d0b3f6e-4b8e-4c55-8d7e-5a1f7b9c0d2e}
        a=ssrc-group:FID 3141592653 1618033988

        """

    /// With the line ends of RFC 8866 §5, in place of this file's.
    static func crlf(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    }

    static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Takes out every line that begins so.
    static func without(_ prefix: String, in text: String = chromium) -> String {
        lines(text).filter { !$0.hasPrefix(prefix) }.joined(separator: "\n")
    }

    /// Replaces the lines that begin so: all of them, or the nth, counted from 0.
    static func replacing(
        _ prefix: String, nth: Int? = nil, with replacement: String, in text: String = chromium
    ) -> String {
        var seen = -1
        return lines(text)
            .map { line in
                guard line.hasPrefix(prefix) else { return line }
                seen += 1
                return nth == nil || nth == seen ? replacement : line
            }
            .joined(separator: "\n")
    }
}
