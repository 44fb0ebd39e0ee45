/// The `[identity]` section: the operator's own tokens in `hello.token` (PROTOCOL.md section 2.1).
///
/// Without ``issuer`` there are none, and a token in `hello` means nothing.
package struct IdentitySection: Sendable, Equatable {
    /// The claim `iss`, exactly; empty: identities are not used.
    package var issuer = ""
    /// What the claim `aud` must contain.
    package var audience = "tidegate"
    /// JWK Set file (RFC 7517 §5).
    package var jwksFile = ""
    package var algorithms = TokenAlgorithm.defaults
    /// Whether a `hello` without a token is refused.
    package var required = false

    package init() {}

    package var isEnabled: Bool { !issuer.isEmpty }
}

extension IdentitySection {
    mutating func read(_ reader: SectionReader) {
        reader.text("issuer", &issuer, mustBe: "the iss claim, or empty", try: "https://accounts.example")
        reader.text(
            "audience", &audience, mustBe: "the service's name in aud", try: "tidegate",
            where: { !$0.isEmpty })
        reader.flag("required", &required)
        if isEnabled {
            reader.readKeys(jwksFile: &jwksFile, algorithms: &algorithms)
        } else {
            reader.rehearse(keepsValues: true) { $0.readKeys(jwksFile: &jwksFile, algorithms: &algorithms) }
            reader.require(
                jwksFile.isEmpty, "issuer", issuer, "set where identity.jwks_file is",
                try: "https://accounts.example")
            reader.require(
                !required, "issuer", issuer, "set where identity.required is true",
                try: "https://accounts.example")
        }
    }
}
