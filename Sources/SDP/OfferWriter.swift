internal import RelayTypes

/// Writes the server's offer (PROTOCOL.md section 3; RFC 8866, RFC 8839, RFC 9143, RFC 9429).
///
/// Sections, mids, payload types and extension ids are the same in every offer of a deployment; what differs
/// is in ``OfferParameters``.
package enum OfferWriter {
    /// The audio section's mid (RFC 9143 §7).
    package static let audioMid = "0"
    /// The video section's mid.
    package static let videoMid = "1"
    /// Both tracks belong to one stream, so that a browser plays them in step (RFC 8830 §2).
    private static let stream = "tidegate"

    /// - Parameter parameters: its texts go in as they are: ice-chars and base64url have nothing to escape.
    /// - Returns: the offer, with CRLF after every line (RFC 8866 §5).
    package static func write(_ parameters: OfferParameters) -> String {
        let candidates = HostCandidate.ranked(parameters.candidates)
        var lines = [
            "v=0",
            "o=- \(number(parameters.sessionID)) \(number(parameters.sessionVersion)) IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE \(audioMid) \(videoMid)",
            "a=ice-lite",
            "a=ice-options:ice2",  // RFC 8445 §10: this is not RFC 5245's ICE.
        ]
        lines += audio(parameters, candidates)
        lines += video(parameters, candidates)
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func audio(_ parameters: OfferParameters, _ candidates: [HostCandidate]) -> [String] {
        let opus = parameters.format.opusPayloadType
        return media("audio", payloadTypes: [opus], candidates)
            + transport(parameters, candidates) + [
                "a=mid:\(audioMid)",
                "a=extmap:\(parameters.format.midExtension) \(HeaderExtension.mid)",
                "a=extmap:\(parameters.format.transportWideExtension) \(HeaderExtension.transportWide)",
                "a=sendrecv",
                "a=msid:\(stream) audio",
                "a=rtcp-mux",
                "a=rtcp-rsize",
                "a=rtpmap:\(opus) \(Codec.opus)",
                "a=rtcp-fb:\(opus) transport-cc",
                "a=fmtp:\(opus) minptime=10;useinbandfec=1",  // RFC 7587 §6.1
                "a=ssrc:\(parameters.sources.audio) cname:\(parameters.canonicalName)",
            ]
    }

    private static func video(_ parameters: OfferParameters, _ candidates: [HostCandidate]) -> [String] {
        let vp8 = parameters.format.vp8PayloadType
        let rtx = parameters.format.rtxPayloadType
        let sources = parameters.sources
        return media("video", payloadTypes: [vp8, rtx], candidates)
            + transport(parameters, candidates) + [
                "a=mid:\(videoMid)",
                "a=extmap:\(parameters.format.midExtension) \(HeaderExtension.mid)",
                "a=extmap:\(parameters.format.transportWideExtension) \(HeaderExtension.transportWide)",
                "a=sendrecv",
                "a=msid:\(stream) video",
                "a=rtcp-mux",
                "a=rtcp-rsize",
                "a=rtpmap:\(vp8) \(Codec.vp8)",
                "a=rtcp-fb:\(vp8) goog-remb",
                "a=rtcp-fb:\(vp8) transport-cc",
                "a=rtcp-fb:\(vp8) nack",  // RFC 4585 §4.2
                "a=rtcp-fb:\(vp8) nack pli",
                "a=rtpmap:\(rtx) \(Codec.rtx)",
                "a=fmtp:\(rtx) apt=\(vp8)",  // RFC 4588 §8.6
                "a=ssrc-group:FID \(sources.video) \(sources.retransmission)",  // RFC 5576 §4.2
                "a=ssrc:\(sources.video) cname:\(parameters.canonicalName)",
                "a=ssrc:\(sources.retransmission) cname:\(parameters.canonicalName)",
            ]
    }

    /// The `m=` and `c=` lines.
    ///
    /// They name the default candidate, as RFC 8839 §4.2.1.1 asks of one who does not trickle: the best IPv4
    /// address where there is one, because more networks have it.
    private static func media(
        _ kind: String, payloadTypes: [UInt8], _ candidates: [HostCandidate]
    ) -> [String] {
        let preferred = candidates.first { !$0.endpoint.isIPv6 } ?? candidates.first
        let formats = payloadTypes.map(String.init).joined(separator: " ")
        guard let endpoint = preferred?.endpoint else {
            return ["m=\(kind) 9 \(AnswerReader.profile) \(formats)", "c=IN IP4 0.0.0.0"]
        }
        return [
            "m=\(kind) \(endpoint.port) \(AnswerReader.profile) \(formats)",
            "c=IN \(endpoint.isIPv6 ? "IP6" : "IP4") \(endpoint.address)",
        ]
    }

    /// What belongs to the transport.
    ///
    /// An initial offer repeats it in every bundled section, because the answerer might not take the bundle
    /// (RFC 9143 §7.2.1).
    private static func transport(_ parameters: OfferParameters, _ candidates: [HostCandidate]) -> [String] {
        candidates.map(\.line) + [
            "a=end-of-candidates",  // RFC 8840 §8.2
            "a=ice-ufrag:\(parameters.credentials.usernameFragment)",
            "a=ice-pwd:\(parameters.credentials.password)",
            "a=fingerprint:\(parameters.fingerprint.algorithm.rawValue) \(parameters.fingerprint.hexadecimal)",
            "a=setup:actpass",  // RFC 8842 §5.2: an offerer's MUST. A browser then answers `active`.
        ]
    }

    /// Browsers read `sess-id` and `sess-version` as signed 64-bit numbers (RFC 9429 §5.2.1).
    private static func number(_ value: UInt64) -> UInt64 { value & (1 << 63 - 1) }
}

/// Codec names with clock rate and channels, as `a=rtpmap` has them.
enum Codec {
    /// RFC 7587 §7: always 48,000 Hz and two channels.
    static let opus = "opus/48000/2"
    /// RFC 7741 §6.1.
    static let vp8 = "VP8/90000"
    /// RFC 4588 §8.1.
    static let rtx = "rtx/90000"
}

/// Names of the RTP header extensions that are offered (RFC 8285 §5).
enum HeaderExtension {
    /// RFC 9143 §14.2.
    static let mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
    static let transportWide = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    /// 3GPP TS 26.114 §7.4.5.
}
