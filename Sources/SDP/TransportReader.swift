internal import RelayTypes

/// Reads what an answer says about its one transport: ICE credentials, certificate, DTLS role.
///
/// In a bundle all sections share a transport. A browser describes it at session level, in the first section, or in
/// every section (RFC 9143 §7.3.2 and RFC 9429 §5.3.1 allow each). So each value must stand at session level or in
/// the first section, and where it stands more than once it must be the same.
struct TransportReader {
    private var usernameFragment: String?
    private var password: String?
    /// Strongest algorithm first.
    private var fingerprints: [CertificateFingerprint]?
    private var setup: String?

    /// - Parameters:
    ///   - first: the session part and the section that gives the bundle its transport.
    ///   - others: further sections of the bundle.
    static func read(
        _ first: [SDPSection], others: [SDPSection]
    ) throws(SDPError) -> (credentials: ICECredentials, fingerprint: CertificateFingerprint) {
        var reader = TransportReader()
        for section in first { try reader.merge(section) }
        guard let usernameFragment = reader.usernameFragment else {
            throw SDPError(.missingUsernameFragment, detail: "a=ice-ufrag is missing (RFC 8839 §5.4)")
        }
        guard let password = reader.password else {
            throw SDPError(.missingPassword, detail: "a=ice-pwd is missing (RFC 8839 §5.4)")
        }
        guard let fingerprint = reader.fingerprints?.first else {
            throw SDPError(.missingFingerprint, detail: "a=fingerprint is missing (RFC 8122 §5)")
        }
        guard reader.setup != nil else {
            throw SDPError(.missingSetup, detail: "a=setup:active is missing (RFC 8842 §5.3)")
        }
        for section in others { try reader.merge(section) }
        return (ICECredentials(usernameFragment: usernameFragment, password: password), fingerprint)
    }

    private mutating func merge(_ section: SDPSection) throws(SDPError) {
        if let lite = try section.single("ice-lite") {
            throw lite.line.refused(.bothLite, "the server is ICE-lite, so the browser must not be")
        }
        if let attribute = try section.single("ice-ufrag") {
            let value = try Self.iceText(attribute, 4...256, .badUsernameFragment)
            try Self.agree(&usernameFragment, value, attribute.line)
        }
        if let attribute = try section.single("ice-pwd") {
            try Self.agree(&password, try Self.iceText(attribute, 22...256, .badPassword), attribute.line)
        }
        if let attribute = try section.single("setup") {
            guard attribute.value == "active" else {
                throw attribute.line.refused(
                    .wrongSetup, "the browser is the DTLS client: a=setup must be 'active' (RFC 8842 §5.3)")
            }
            try Self.agree(&setup, String(attribute.value), attribute.line)
        }
        try mergeFingerprints(of: section)
    }

    private mutating func mergeFingerprints(of section: SDPSection) throws(SDPError) {
        var found: [CertificateFingerprint] = []
        var last: SDPLine?
        for attribute in section.all("fingerprint") {
            let fingerprint = try Self.fingerprint(attribute)
            guard !found.contains(where: { $0.algorithm == fingerprint.algorithm }) else {
                throw attribute.line.refused(
                    .duplicateAttribute, "a second a=fingerprint with the same algorithm in one section")
            }
            found.append(fingerprint)
            last = attribute.line
        }
        guard let last else { return }
        // RFC 8122 §5: several lines describe one certificate; the strongest is the one that we check.
        found.sort { $0.digest.count > $1.digest.count }
        try Self.agree(&fingerprints, found, last)
    }

    /// Keeps the first value, and refuses another one.
    private static func agree<Value: Equatable>(
        _ known: inout Value?, _ value: Value, _ line: SDPLine
    ) throws(SDPError) {
        guard known == nil || known == value else {
            throw line.refused(
                .conflict,
                "bundled sections share one transport, but an earlier line says otherwise (RFC 9143 §7)")
        }
        known = value
    }

    /// `ice-char`s of RFC 8839 §5.4: letters, digits, `+` and `/`.
    private static func iceText(
        _ attribute: SDPSection.Attribute, _ length: ClosedRange<Int>, _ reason: SDPError.Reason
    ) throws(SDPError) -> String {
        let bytes = attribute.value.utf8
        let isICE = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard isICE, length.contains(bytes.count) else {
            throw attribute.line.refused(
                reason,
                "a=\(attribute.name) must be \(length.lowerBound) to \(length.upperBound) letters, digits, '+' or '/' "
                    + "(RFC 8839 §5.4)")
        }
        return String(attribute.value)
    }

    /// `hash-func SP fingerprint` (RFC 8122 §5).
    ///
    /// Lower-case digits are taken, though the RFC wants upper case.
    private static func fingerprint(
        _ attribute: SDPSection.Attribute
    ) throws(SDPError) -> CertificateFingerprint {
        let words = attribute.value.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2 else {
            throw attribute.line.refused(
                .badFingerprint, "a=fingerprint must be an algorithm, a space and a digest (RFC 8122 §5)")
        }
        guard let algorithm = CertificateFingerprint.Algorithm(rawValue: words[0].lowercased()) else {
            throw attribute.line.refused(
                .weakFingerprint, "the algorithm must be sha-256, sha-384 or sha-512")
        }
        let bytes = words[1].split(separator: ":", omittingEmptySubsequences: false).map(hexadecimalByte)
        let digest = bytes.compactMap { $0 }
        guard digest.count == bytes.count,
            let fingerprint = CertificateFingerprint(algorithm: algorithm, digest: digest)
        else {
            throw attribute.line.refused(
                .badFingerprint,
                "a \(algorithm.rawValue) digest is \(algorithm.length) bytes, each two hexadecimal digits, "
                    + "with ':' between them")
        }
        return fingerprint
    }

    private static func hexadecimalByte(_ text: Substring) -> UInt8? {
        guard text.utf8.count == 2, text.utf8.first != UInt8(ascii: "+") else { return nil }
        return UInt8(text, radix: 16)
    }
}
