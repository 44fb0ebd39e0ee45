import RelayTypes

/// An answer with all that the server reads of one.
struct Answer {
    let leg: BenchLeg
    let fingerprint: CertificateFingerprint
    let format: MediaFormat

    var text: String {
        let lines =
            ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
            + section("audio", mid: "0", payloadTypes: "\(format.opusPayloadType)")
            + [
                "a=rtpmap:\(format.opusPayloadType) opus/48000/2",
                "a=rtcp-fb:\(format.opusPayloadType) transport-cc",
                "a=ssrc:\(MediaStream.audio.ssrc(of: leg.flow)) cname:bench",
            ]
            + section("video", mid: "1", payloadTypes: "\(format.vp8PayloadType) \(format.rtxPayloadType)")
            + [
                "a=rtpmap:\(format.vp8PayloadType) VP8/90000",
                "a=rtcp-fb:\(format.vp8PayloadType) nack",
                "a=rtcp-fb:\(format.vp8PayloadType) nack pli",
                "a=rtcp-fb:\(format.vp8PayloadType) transport-cc",
                "a=rtpmap:\(format.rtxPayloadType) rtx/90000",
                "a=fmtp:\(format.rtxPayloadType) apt=\(format.vp8PayloadType)",
                "a=ssrc-group:FID \(MediaStream.video.ssrc(of: leg.flow)) \(retransmission)",
                "a=ssrc:\(MediaStream.video.ssrc(of: leg.flow)) cname:bench",
                "a=ssrc:\(retransmission) cname:bench",
            ]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private var retransmission: UInt32 { 0x3000_0000 | UInt32(truncatingIfNeeded: leg.flow) }

    private func section(_ media: String, mid: String, payloadTypes: String) -> [String] {
        [
            "m=\(media) 9 UDP/TLS/RTP/SAVPF \(payloadTypes)", "c=IN IP4 0.0.0.0",
            "a=ice-ufrag:\(leg.credentials.usernameFragment)", "a=ice-pwd:\(leg.credentials.password)",
            "a=fingerprint:\(fingerprint.algorithm.rawValue) \(fingerprint.hexadecimal)", "a=setup:active",
            "a=mid:\(mid)", "a=extmap:\(format.midExtension) urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:\(format.transportWideExtension) "
                + "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=sendrecv", "a=rtcp-mux", "a=rtcp-rsize",
        ]
    }
}
