package import RelayTypes

/// What a good attestation proved.
package struct Attested: Sendable, Equatable {
    package let band: Band
    /// The configured name of the issuer that vouched for it.
    package var issuer: String { voucher.issuer }
    /// Its key.
    package let voucher: Voucher
}

/// Why an attestation proved nothing.
package struct AttestationFailure: Error, Sendable, Equatable {
    /// The three error codes of PROTOCOL.md section 4.
    package enum Code: String, Sendable, Equatable, CaseIterable {
        case invalid = "attestation_invalid"
        case replayed = "attestation_replayed"
        case underage
    }

    package let code: Code
    /// A fixed sentence for whoever integrates an issuer.
    ///
    /// It never repeats anything from the token, and says nothing about keys or other peers.
    package let reason: String
    /// The configured name of the issuer that the token names; `nil` where it names none of them.
    ///
    /// Its word only if the signature was found to be good: see ``reason``.
    package let issuer: String?

    package init(_ code: Code, _ reason: String, issuer: String? = nil) {
        self.code = code
        self.reason = reason
        self.issuer = issuer
    }
}
