package import RelayTypes
internal import Wire

/// Username fragments that say where their leg lives, so that a binding request finds it without a search.
///
/// ```
/// |  worker   |     index     |        random         |
///    3 chars       4 chars          9 chars, 54 bits
/// ```
///
/// Each ice-char carries 6 bits. Nothing is secret here, and nothing is believed: the leg compares the whole fragment,
/// and the request must carry MESSAGE-INTEGRITY with its password.
///
/// Source: RFC 8445 §5.3.
package enum CredentialCodec {
    /// ice-char: ALPHA, DIGIT, "+", "/" (RFC 8839 §5.4).
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let workerLength = 3
    private static let indexLength = 4
    private static let randomLength = 9
    /// 144 bits; RFC 8445 §5.3 asks for 128 at least.
    private static let passwordLength = 24
    /// Characters in a fragment.
    package static let fragmentLength = workerLength + indexLength + randomLength
    /// A fragment can name this many legs of a worker.
    package static let mostLegs = 1 << (6 * indexLength)

    /// Fresh credentials for the leg that will live in `slot`.
    package static func credentials(
        for slot: LegPlace, using generator: inout some RandomNumberGenerator
    ) -> ICECredentials {
        var fragment: [UInt8] = []
        fragment.reserveCapacity(fragmentLength)
        append(UInt64(slot.worker), characters: workerLength, to: &fragment)
        append(UInt64(slot.index), characters: indexLength, to: &fragment)
        append(generator.next(), characters: randomLength, to: &fragment)
        let password = (0..<passwordLength).map { _ in alphabet[Int(generator.next() & 63)] }
        return ICECredentials(
            usernameFragment: String(decoding: fragment, as: UTF8.self),
            password: String(decoding: password, as: UTF8.self))
    }

    /// Reads the place out of a fragment that came from the network.
    ///
    /// - Returns: `nil` when no fragment of ours can look like this.
    package static func place(of fragment: RawSpan) -> LegPlace? {
        guard fragment.byteCount == fragmentLength,
            let worker = number(fragment, at: 0, characters: workerLength), worker <= UInt32(UInt16.max),
            let index = number(fragment, at: workerLength, characters: indexLength)
        else { return nil }
        return LegPlace(worker: UInt16(truncatingIfNeeded: worker), index: index)
    }

    private static func append(_ value: UInt64, characters: Int, to text: inout [UInt8]) {
        for position in (0..<characters).reversed() {
            text.append(alphabet[Int(value >> (6 * UInt64(position)) & 63)])
        }
    }

    private static func number(_ text: RawSpan, at start: Int, characters: Int) -> UInt32? {
        var result: UInt32 = 0
        for offset in start..<(start + characters) {
            guard let digit = digit(text.byte(at: offset)) else { return nil }
            result = result << 6 | digit
        }
        return result
    }

    private static func digit(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// A worker and a place in its table of legs: what a username fragment names.
package struct LegPlace: Sendable, Hashable, BitwiseCopyable {
    package let worker: UInt16
    package let index: UInt32

    package init(worker: UInt16, index: UInt32) {
        self.worker = worker
        self.index = index
    }
}
