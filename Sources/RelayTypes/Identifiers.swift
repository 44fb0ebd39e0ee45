/// An opaque name.
///
/// The text is random, URL-safe, and means nothing.
package protocol OpaqueIdentifier: Sendable, Hashable, Codable, CustomStringConvertible {
    var text: String { get }
    init(_ text: String)
}

extension OpaqueIdentifier {
    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// A fresh identifier of 120 random bits in 20 characters of base64url (RFC 4648 §5).
    package static func random(using generator: inout some RandomNumberGenerator) -> Self {
        Self(randomText(characters: 20, using: &generator))
    }
}

/// Random characters of the base64url alphabet (RFC 4648 §5), 6 bits each.
package func randomText(characters: Int, using generator: inout some RandomNumberGenerator) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    return String(
        decoding: (0..<characters).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] },
        as: UTF8.self)
}

/// One person, from `welcome` until the peer ends.
package struct PeerID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// Two matched peers.
package struct PairID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// One report.
///
/// Usable as the DSA's `puid`.
package struct ReportID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// The age band that an attestation proved, by its configured name.
package struct Band: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// One ban.
package struct BanID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// One decision about a person.
package struct DecisionID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// One appeal against a decision.
package struct AppealID: OpaqueIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}
