import ReferenceTools
import SRTP

extension Array where Element == UInt8 {
    /// From hexadecimal digits; spaces are skipped.
    init(hex text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// Sessions that take and give arrays.
///
/// An array's storage starts on a multiple of 16.
extension SRTPSession where Self: ~Copyable {
    init(suite: SRTPSuite, inbound: [UInt8], outbound: [UInt8]) throws(SRTPError) {
        try self.init(suite: suite, inbound: inbound.span.bytes, outbound: outbound.span.bytes)
    }

    mutating func protect(rtp packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var slot = packet + [UInt8](repeating: 0xee, count: 32)
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        let length = try protectRTP(&bytes, length: packet.count)
        return Array(slot[..<length])
    }

    mutating func protect(rtcp packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var slot = packet + [UInt8](repeating: 0xee, count: 32)
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        let length = try protectRTCP(&bytes, length: packet.count)
        return Array(slot[..<length])
    }

    mutating func unprotect(rtp packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var slot = packet
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        let length = try unprotectRTP(&bytes, length: packet.count)
        return Array(slot[..<length])
    }

    mutating func unprotect(rtcp packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var slot = packet
        var span = slot.mutableSpan
        var bytes = span.mutableBytes
        let length = try unprotectRTCP(&bytes, length: packet.count)
        return Array(slot[..<length])
    }
}

/// Packets to protect.
enum Packet {
    static func rtp(
        sequence: UInt16, ssrc: UInt32 = 0x1234_5678, payload: [UInt8] = Array(1...20), csrcs: Int = 0,
        extensionWords: Int? = nil
    ) -> [UInt8] {
        var packet: [UInt8] = [
            0x80 | (extensionWords == nil ? 0 : 0x10) | UInt8(csrcs), 96, UInt8(sequence >> 8),
            UInt8(truncatingIfNeeded: sequence), 0, 0, 0, 1,
        ]
        packet += bigEndian(ssrc)
        packet += [UInt8](repeating: 0xc5, count: 4 * csrcs)
        if let extensionWords {
            packet += [0xbe, 0xde, UInt8(extensionWords >> 8), UInt8(truncatingIfNeeded: extensionWords)]
            packet += [UInt8](repeating: 0, count: 4 * extensionWords)
        }
        return packet + payload
    }

    /// A receiver report without blocks, and as much SDES-like filler as asked for.
    static func rtcp(ssrc: UInt32 = 0x1234_5678, words: Int = 3) -> [UInt8] {
        [0x80, 201, UInt8(words >> 8), UInt8(truncatingIfNeeded: words + 1)] + bigEndian(ssrc)
            + (0..<(4 * words)).map { UInt8(truncatingIfNeeded: $0) }
    }

    static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// Two sessions with each other's keys.
struct Ends: ~Copyable {
    var alice: TestedSession
    var bob: TestedSession

    init(_ suite: SRTPSuite, _ implementation: Implementation, seed: UInt64 = 1) throws {
        var random = SplitMix64(seed: seed)
        let exported = random.bytes(suite.exportedLength)
        let client = try TestedSession(implementation, suite: suite, exported: exported, isServer: false)
        let server = try TestedSession(implementation, suite: suite, exported: exported, isServer: true)
        alice = client
        bob = server
    }
}

/// The error that a call throws, or `nil`: `#expect(throws:)` cannot capture a session that cannot be copied.
func failure<Result>(_ body: () throws(SRTPError) -> Result) -> SRTPError? {
    do throws(SRTPError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
