internal import Crypto
internal import FoundationEssentials

/// Which key of which issuer stands for a proof.
package struct Voucher: Sendable, Hashable {
    /// The configured name of the issuer.
    package let issuer: String
    let algorithm: SignatureAlgorithm
    let keyID: String
    /// SHA-256 of the key itself (RFC 7638): another key under the same name is another key.
    let thumbprint: [UInt8]
}

/// Whose word counts: every key of every issuer.
package struct TrustedKeys: Sendable, Equatable {
    private let vouchers: Set<Voucher>

    init(_ issuers: [IssuerKeys]) { vouchers = Set(issuers.flatMap(\.vouchers)) }

    package func contains(_ voucher: Voucher) -> Bool { vouchers.contains(voucher) }
}

extension Voucher {
    /// The members that RFC 7638 §3.2 and RFC 8037 §2 name, in their order.
    private static let members = ["crv", "e", "kty", "n", "x", "y"]

    /// Of a key that has been found good.
    init(issuer: String, keyID: String, algorithm: SignatureAlgorithm, key: [String: JSONValue]) {
        // Their values are base64url and names of curves: nothing in them needs an escape.
        let text = Self.members.compactMap { name in key[name]?.string.map { "\"\(name)\":\"\($0)\"" } }
            .joined(separator: ",")
        self.init(
            issuer: issuer, algorithm: algorithm, keyID: keyID,
            thumbprint: Array(SHA256.hash(data: Data("{\(text)}".utf8))))
    }
}
