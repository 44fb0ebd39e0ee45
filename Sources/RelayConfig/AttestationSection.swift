/// A signature algorithm of a JWT (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// There is none that takes a shared secret.
package enum TokenAlgorithm: String, Sendable, Equatable, CaseIterable {
    case es256 = "ES256"
    case edDSA = "EdDSA"
    case rs256 = "RS256"
    case ps256 = "PS256"

    /// What an issuer may use where the file does not say.
    package static let defaults: [TokenAlgorithm] = [.es256, .edDSA]
}

/// The `[attestation]` section: who may vouch for an age (PROTOCOL.md section 4).
package struct AttestationSection: Sendable, Equatable {
    /// What the claim `aud` must contain.
    package var audience = "tidegate"
    /// Page where a person gets an attestation, for `welcome.policy.attest_url`; empty: none.
    package var attestURL = ""
    package var issuers: [IssuerSection] = []

    package init() {}
}

/// One `[[attestation.issuers]]`.
package struct IssuerSection: Sendable, Equatable {
    /// The claim `iss`, exactly.
    package var issuer = ""
    /// JWK Set file (RFC 7517 §5).
    package var jwksFile = ""
    package var algorithms = TokenAlgorithm.defaults
    /// Names of the objects that lead to `age_over_NN` in the claims; empty: at the top.
    package var claimPath: [String] = []

    package init() {}
}

extension AttestationSection {
    mutating func read(_ reader: SectionReader) {
        reader.text(
            "audience", &audience, mustBe: "the service's name in aud", try: "tidegate",
            where: { !$0.isEmpty })
        reader.text(
            "attest_url", &attestURL, mustBe: "an https URL, or empty", try: "https://issuer.example/start",
            where: { $0.isEmpty || $0.hasPrefix("https://") || $0.hasPrefix("http://localhost") })
        if let issuers = reader.sections("issuers", IssuerSection.init(reading:)) {
            self.issuers = issuers
            let names = issuers.map(\.issuer).filter { !$0.isEmpty }
            reader.require(
                Set(names).count == names.count, "issuers", names.joined(separator: ", "),
                "issuers with different names", try: "one entry for each, with all its keys in one file")
        }
    }
}

extension IssuerSection {
    /// Reads one `[[attestation.issuers]]`.
    init(reading reader: SectionReader) {
        self.init()
        reader.text(
            "issuer", &issuer, mustBe: "the issuer's iss claim", try: "https://issuer.example",
            where: { !$0.isEmpty })
        reader.require(
            !issuer.isEmpty || reader.has("issuer"), "issuer", "", "set", try: "https://issuer.example")
        reader.readKeys(jwksFile: &jwksFile, algorithms: &algorithms)
        reader.parsed(
            "claim_path", &claimPath, mustBe: "names of objects, joined with dots or as a list",
            try: "\"\" for the top, or \"vc.credentialSubject\""
        ) { value in
            switch value {
            case .text(""): return []
            case .text(let text):
                let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
                return names.contains("") ? nil : names
            case .list(let values):
                let names = values.compactMap {
                    if case .text(let text) = $0, !text.isEmpty { text } else { nil }
                }
                return names.count == values.count ? names : nil
            default: return nil
            }
        }
    }
}

extension SectionReader {
    /// Reads `jwks_file`, `jwks_url` and `algorithms`, which an issuer of ages and one of identities share.
    func readKeys(jwksFile: inout String, algorithms: inout [TokenAlgorithm]) {
        text("jwks_file", &jwksFile, mustBe: "the path of a JWK Set", try: "conf/issuer.jwks.json")
        var url = ""
        text("jwks_url", &url, mustBe: "empty", try: "jwks_file")
        require(
            url.isEmpty, "jwks_url", url, "empty: keys by URL are not supported yet",
            try: "jwks_file with a copy of what that URL serves")
        require(
            !jwksFile.isEmpty || !url.isEmpty, "jwks_file", jwksFile, "set", try: "conf/issuer.jwks.json")
        requireReadable("jwks_file", jwksFile)
        let names = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        parsed(
            "algorithms", &algorithms, mustBe: "some of \(names)", try: "[\"ES256\", \"EdDSA\"]"
        ) { value in
            guard case .list(let values) = value, !values.isEmpty else { return nil }
            var found: [TokenAlgorithm] = []
            for value in values {
                guard case .text(let text) = value, let algorithm = TokenAlgorithm(rawValue: text) else {
                    return nil
                }
                found.append(algorithm)
            }
            return found
        }
    }
}
