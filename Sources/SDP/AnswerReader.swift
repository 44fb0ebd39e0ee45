package import RelayTypes

/// Reads a browser's answer to the offer of ``OfferWriter`` (RFC 3264 §6, RFC 8866, RFC 9429 §5.3).
///
/// Strict where a misunderstanding would cost security or a silent leg (certificate, credentials, roles, numbers),
/// deaf to everything else: candidates, bandwidths, directions, SSRCs and feedback are ignored.
package enum AnswerReader {
    /// Chromium's and Firefox's answers to our offer are 2 to 5 KiB.
    package static let maximumBytes = 24_576
    package static let maximumLines = 1_000
    /// RFC 5764 §8 over UDP, with feedback (RFC 5124).
    static let profile = "UDP/TLS/RTP/SAVPF"

    /// - Parameter format: what was offered.
    /// - Throws: ``SDPError`` for everything that is not an answer to our offer.
    /// - Complexity: linear in the length of `text`, which is bounded.
    package static func read(_ text: String, format: MediaFormat) throws(SDPError) -> BrowserAnswer {
        let (session, media) = try SDPSection.read(text)
        guard media.count == 2 else {
            let last = media.dropFirst(2).first?.first
            let detail = "an answer has as many m= lines as its offer: 2, not \(media.count) (RFC 3264 §6)"
            throw last?.refused(.wrongSections, detail) ?? SDPError(.wrongSections, detail: detail)
        }
        let (audio, video) = (media[0], media[1])
        let audioLine = try MediaLine(audio.first, kind: "audio")
        let videoLine = try MediaLine(video.first, kind: "video")
        guard !audioLine.isRejected else {
            throw audio.first.refused(.rejectedAudio, "the audio section must not be rejected (port 0)")
        }
        let hasVideo = !videoLine.isRejected

        try checkMid(audio, OfferWriter.audioMid)
        try checkFormats(
            of: audio, audioLine, required: format.opusPayloadType, [format.opusPayloadType: Codec.opus])
        try checkExtensions(of: audio, Self.extensions(format))
        if hasVideo {
            try checkMid(video, OfferWriter.videoMid)
            try checkFormats(
                of: video, videoLine, required: format.vp8PayloadType,
                [format.vp8PayloadType: Codec.vp8, format.rtxPayloadType: Codec.rtx])
            try checkRetransmission(of: video, format)
            try checkExtensions(of: video, Self.extensions(format))
        }
        try checkBundle(session, hasVideo: hasVideo)
        try checkMultiplexing(audio: audio, video: hasVideo ? video : nil)
        let transport = try TransportReader.read([session, audio], others: hasVideo ? [video] : [])
        return BrowserAnswer(
            credentials: transport.credentials, fingerprint: transport.fingerprint, hasAudio: true,
            hasVideo: hasVideo)
    }

    private static func checkMid(_ section: SDPSection, _ mid: String) throws(SDPError) {
        guard let attribute = try section.single("mid") else {
            throw section.first.refused(.wrongSections, "this section has no a=mid:\(mid) (RFC 9143 §7.3)")
        }
        guard attribute.value == mid else {
            throw attribute.line.refused(.wrongSections, "this section was offered as a=mid:\(mid)")
        }
    }

    /// The payload types of a section: those that were offered, with what they were offered for.
    private static func checkFormats(
        of section: SDPSection, _ line: MediaLine, required: UInt8, _ offered: [UInt8: String]
    ) throws(SDPError) {
        var seen: Set<UInt8> = []
        for format in line.formats {
            guard let number = UInt8(format), offered[number] != nil else {
                throw section.first.refused(.wrongPayloadType, "payload type '\(format)' was not offered")
            }
            guard seen.insert(number).inserted else {
                throw section.first.refused(.wrongPayloadType, "payload type \(number) stands here twice")
            }
        }
        guard seen.contains(required) else {
            throw section.first.refused(
                .wrongPayloadType, "payload type \(required) (\(offered[required] ?? "")) must be taken")
        }
        var declared: Set<UInt8> = []
        for (key, rest, mapLine) in try section.keyed("rtpmap") {
            guard let number = UInt8(key), let codec = offered[number] else {
                throw mapLine.refused(.wrongPayloadType, "payload type '\(key)' was not offered")
            }
            guard rest.lowercased() == codec.lowercased() else {
                throw mapLine.refused(.wrongPayloadType, "payload type \(number) was offered as \(codec)")
            }
            declared.insert(number)
        }
        // A dynamic payload type means nothing by itself (RFC 8866 §8.2.3).
        if let missing = seen.subtracting(declared).min() {
            throw section.first.refused(.wrongPayloadType, "payload type \(missing) has no a=rtpmap line")
        }
    }

    /// `apt` must name the payload type that is retransmitted (RFC 4588 §8.1).
    private static func checkRetransmission(
        of section: SDPSection, _ format: MediaFormat
    ) throws(SDPError) {
        for (key, rest, line) in try section.keyed("fmtp") where UInt8(key) == format.rtxPayloadType {
            let parameters = rest.split(separator: ";")
            let isOurs = parameters.contains { $0.filter { $0 != " " } == "apt=\(format.vp8PayloadType)" }
            guard isOurs else {
                throw line.refused(
                    .wrongPayloadType,
                    "\(format.rtxPayloadType) retransmits \(format.vp8PayloadType): apt=\(format.vp8PayloadType)"
                )
            }
        }
    }

    /// An answer takes header extensions under the ids that were offered, or leaves them (RFC 8285 §6).
    private static func checkExtensions(
        of section: SDPSection, _ offered: [UInt8: String]
    ) throws(SDPError) {
        var seen: Set<Substring> = []
        for attribute in section.all("extmap") {
            let words = attribute.value.split(separator: " ")
            let identifier = words.first?.prefix { $0 != "/" } ?? ""  // `2/recvonly` is extension 2.
            guard words.count >= 2, let number = UInt8(identifier), offered[number] == String(words[1]) else {
                throw attribute.line.refused(.wrongExtension, "this extension was not offered under this id")
            }
            guard seen.insert(identifier).inserted else {
                throw attribute.line.refused(.duplicateAttribute, "extension \(number) stands here twice")
            }
        }
    }

    private static func extensions(_ format: MediaFormat) -> [UInt8: String] {
        [
            format.midExtension: HeaderExtension.mid,
            format.transportWideExtension: HeaderExtension.transportWide,
        ]
    }

    /// All sections that are not rejected share one transport (RFC 9143 §7.3).
    private static func checkBundle(_ session: SDPSection, hasVideo: Bool) throws(SDPError) {
        let groups = session.all("group").filter { $0.value.split(separator: " ").first == "BUNDLE" }
        guard let group = groups.first else {
            throw SDPError(.missingBundle, detail: "a=group:BUNDLE is missing (RFC 9143 §7.3)")
        }
        guard groups.count == 1 else {
            throw groups[1].line.refused(.duplicateAttribute, "a second a=group:BUNDLE")
        }
        let mids = group.value.split(separator: " ").dropFirst().map(String.init)
        let both = [OfferWriter.audioMid, OfferWriter.videoMid]
        // RFC 9143 §7.3.3 takes a rejected section out of the group; one that stays in does no harm.
        guard mids == both || !hasVideo && mids == [OfferWriter.audioMid] else {
            let wanted = hasVideo ? both.joined(separator: " ") : OfferWriter.audioMid
            throw group.line.refused(.wrongBundle, "all sections must be bundled: a=group:BUNDLE \(wanted)")
        }
    }

    /// RTCP shares the port (RFC 5761 §5.1.1, RFC 8858).
    ///
    /// The section that gives the bundle its transport says so; RFC 9429 §5.3.1 lets the others be silent.
    private static func checkMultiplexing(audio: SDPSection, video: SDPSection?) throws(SDPError) {
        _ = try video?.single("rtcp-mux")
        guard try audio.single("rtcp-mux") != nil else {
            throw audio.first.refused(
                .missingMultiplexing, "this section has no a=rtcp-mux (RFC 5761 §5.1.1)")
        }
    }
}

/// `m=<media> <port> <proto> <fmt> ...` (RFC 8866 §5.14).
private struct MediaLine {
    let isRejected: Bool
    let formats: [Substring]

    init(_ line: SDPLine, kind: String) throws(SDPError) {
        let words = line.value.split(separator: " ")
        guard words.count >= 3, let port = UInt16(words[1].prefix { $0 != "/" }) else {
            throw line.refused(.notSDP, "m= needs a medium, a port, a protocol and formats (RFC 8866 §5.14)")
        }
        guard words[0] == kind else {
            throw line.refused(.wrongSections, "this section was offered as '\(kind)' (RFC 3264 §6)")
        }
        isRejected = port == 0  // RFC 3264 §6
        guard isRejected || words[2] == AnswerReader.profile else {
            throw line.refused(.wrongProtocol, "the protocol was offered as \(AnswerReader.profile)")
        }
        formats = Array(words.dropFirst(3))
    }
}
