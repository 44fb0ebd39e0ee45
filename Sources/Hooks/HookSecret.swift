internal import Crypto
internal import Foundation

/// What requests are signed with, as in Standard Webhooks 1.0 (standardwebhooks.com).
///
/// Several secrets, the newest first, each give a signature, so that one can be replaced while requests go on.
package struct HookSecret: Sendable {
    private let keys: [SymmetricKey]

    package enum Fault: Error, Equatable { case none, malformed(line: Int), length(line: Int) }

    /// Bytes of a key, as the standard wants them.
    package static let lengths = 24...64
    private static let prefix = "whsec_"

    /// Reads secrets, one a line: `whsec_` and base64.
    package init(text: String) throws(Fault) {
        var keys: [SymmetricKey] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let word = line.trimmingCharacters(in: .whitespaces)
            guard !word.isEmpty else { continue }
            guard word.hasPrefix(Self.prefix), let bytes = Data(base64Encoded: String(word.dropFirst(6)))
            else { throw .malformed(line: index + 1) }
            guard Self.lengths.contains(bytes.count) else { throw .length(line: index + 1) }
            keys.append(SymmetricKey(data: bytes))
        }
        guard !keys.isEmpty else { throw .none }
        self.keys = keys
    }

    /// The value of `webhook-signature`.
    ///
    /// - Parameters:
    ///   - id: `webhook-id`, which has no dot.
    ///   - timestamp: `webhook-timestamp`, in seconds since 1970 UTC.
    package func signature(id: String, timestamp: Int64, body: String) -> String {
        let signed = Data("\(id).\(timestamp).\(body)".utf8)
        return
            keys.map { key in
                "v1," + Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
            }
            .joined(separator: " ")
    }
}
