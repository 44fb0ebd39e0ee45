package import RelayTypes

/// Writes an answer in the shape in which Chromium writes one.
package struct ChromiumAnswer {
    var credentials: ICECredentials
    var fingerprint: CertificateFingerprint
    var sources: OutboundSources
    var format: MediaFormat
    /// `false`: the video section is rejected, as by a browser without a camera and without VP8.
    var hasVideo: Bool
    var canonicalName: String

    package init(
        credentials: ICECredentials, fingerprint: CertificateFingerprint, sources: OutboundSources,
        format: MediaFormat, hasVideo: Bool, canonicalName: String
    ) {
        self.credentials = credentials
        self.fingerprint = fingerprint
        self.sources = sources
        self.format = format
        self.hasVideo = hasVideo
        self.canonicalName = canonicalName
    }

    package var text: String {
        var lines = [
            "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0",
            hasVideo ? "a=group:BUNDLE 0 1" : "a=group:BUNDLE 0", "a=extmap-allow-mixed",
            "a=msid-semantic: WMS stream",
        ]
        lines += section("audio", mid: "0", payloadTypes: [format.opusPayloadType])
        lines += [
            "a=rtpmap:\(format.opusPayloadType) opus/48000/2",
            "a=rtcp-fb:\(format.opusPayloadType) transport-cc",
            "a=fmtp:\(format.opusPayloadType) minptime=10;useinbandfec=1",
            "a=ssrc:\(sources.audio) cname:\(canonicalName)",
        ]
        guard hasVideo else {
            lines += [
                "m=video 0 UDP/TLS/RTP/SAVPF \(format.vp8PayloadType)", "c=IN IP4 0.0.0.0", "a=inactive",
                "a=mid:1",
            ]
            return lines.joined(separator: "\r\n") + "\r\n"
        }
        lines += section("video", mid: "1", payloadTypes: [format.vp8PayloadType, format.rtxPayloadType])
        lines.append("a=rtpmap:\(format.vp8PayloadType) VP8/90000")
        for feedback in ["goog-remb", "transport-cc", "nack", "nack pli"] {
            lines.append("a=rtcp-fb:\(format.vp8PayloadType) \(feedback)")
        }
        lines += [
            "a=rtpmap:\(format.rtxPayloadType) rtx/90000",
            "a=fmtp:\(format.rtxPayloadType) apt=\(format.vp8PayloadType)",
            "a=ssrc-group:FID \(sources.video) \(sources.retransmission)",
            "a=ssrc:\(sources.video) cname:\(canonicalName)",
            "a=ssrc:\(sources.retransmission) cname:\(canonicalName)",
        ]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private func section(_ media: String, mid: String, payloadTypes: [UInt8]) -> [String] {
        [
            "m=\(media) 9 UDP/TLS/RTP/SAVPF \(payloadTypes.map(String.init).joined(separator: " "))",
            "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)",
            "a=ice-pwd:\(credentials.password)", "a=ice-options:trickle",
            "a=fingerprint:\(fingerprint.algorithm.rawValue) \(fingerprint.hexadecimal)", "a=setup:active",
            "a=mid:\(mid)", "a=extmap:\(format.midExtension) urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:\(format.transportWideExtension) "
                + "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=sendrecv", "a=msid:stream \(media)-track", "a=rtcp-mux", "a=rtcp-rsize",
        ]
    }
}
