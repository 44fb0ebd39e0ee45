package import RelayTypes

/// What a browser needs from the server's offer.
///
/// A reader of its own: the server's `SDP` module only writes offers.
package struct ServerOffer: Sendable, Equatable {
    package let credentials: ICECredentials
    package let fingerprint: CertificateFingerprint
    /// Host candidates over UDP, in the order of the offer.
    package let candidates: [Endpoint]
    package let isLite: Bool
    /// What the server says that it will send.
    package let sources: OutboundSources

    /// - Throws: ``TestKitError/badOffer(_:)``
    package init(_ text: String) throws(TestKitError) {
        var attributes: [(name: String, value: String)] = []
        var media = ""
        var audio: UInt32?
        var video: [UInt32] = []
        var candidates: [Endpoint] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("m=") { media = String(line.dropFirst(2).prefix { $0 != " " }) }
            guard line.hasPrefix("a=") else { continue }
            let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1).map(String.init)
            let (name, value) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
            attributes.append((name, value))
            let fields = value.split(separator: " ").map(String.init)
            switch name {
            case "candidate":
                guard fields.count >= 8, fields[1] == "1", fields[2].lowercased() == "udp",
                    let port = UInt16(fields[5]), let found = NumericAddress.endpoint(fields[4], port: port)
                else { continue }
                if !candidates.contains(found) { candidates.append(found) }
            case "ssrc" where media == "audio": audio = audio ?? fields.first.flatMap { UInt32($0) }
            case "ssrc-group" where media == "video" && fields.first == "FID":
                video = fields.dropFirst().compactMap { UInt32($0) }
            default: break
            }
        }
        func first(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
        guard let fragment = first("ice-ufrag"), let password = first("ice-pwd") else {
            throw .badOffer("no ICE credentials")
        }
        guard let fingerprint = first("fingerprint").flatMap(Self.fingerprint(_:)) else {
            throw .badOffer("no fingerprint")
        }
        guard first("setup") == "actpass" else { throw .badOffer("setup is not actpass") }
        guard !candidates.isEmpty else { throw .badOffer("no candidates") }
        guard let audio, video.count == 2 else { throw .badOffer("not three sources") }
        credentials = ICECredentials(usernameFragment: fragment, password: password)
        self.fingerprint = fingerprint
        self.candidates = candidates
        isLite = first("ice-lite") != nil
        sources = OutboundSources(audio: audio, video: video[0], retransmission: video[1])
    }

    private static func fingerprint(_ value: String) -> CertificateFingerprint? {
        let fields = value.split(separator: " ")
        guard fields.count == 2,
            let algorithm = CertificateFingerprint.Algorithm(rawValue: fields[0].lowercased())
        else { return nil }
        let digest = fields[1].split(separator: ":").compactMap { UInt8($0, radix: 16) }
        return CertificateFingerprint(algorithm: algorithm, digest: digest)
    }
}
