internal import COpenSSL

/// OpenSSL's error queue for this thread, emptied and kept as text.
package struct OpenSSLErrorStack: Error, Sendable, Equatable, CustomStringConvertible {
    /// Most lines kept.
    ///
    /// A peer can provoke errors, so their number is not its choice.
    private static let mostLines = 8

    package let lines: [String]
    package var description: String { lines.isEmpty ? "no detail" : lines.joined(separator: "; ") }

    /// For errors that OpenSSL does not know of.
    internal init(_ line: String) { lines = [line] }

    private init(lines: [String]) { self.lines = lines }

    /// Takes every queued error, and leaves the queue empty.
    internal static func drained() -> Self {
        var lines: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            guard lines.count < mostLines else { continue }
            let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                buffer.initialize(repeating: 0)
                ERR_error_string_n(code, buffer.baseAddress, buffer.count)
                let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                return String(decoding: bytes, as: UTF8.self)
            }
            lines.append(text)
        }
        return Self(lines: lines)
    }
}
