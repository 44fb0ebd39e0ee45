import Testing
import Wire

@Suite("The first bytes tell the protocol (RFC 7983 §7, RFC 5761 §4)")
struct PacketKindTests {
    @Test(
        "the edges of every range",
        arguments: [
            ([0], .stun), ([3], .stun),
            ([20], .dtls), ([63], .dtls),
            ([128, 0], .rtp), ([191, 0], .rtp),
            ([128, 191], .rtp), ([128, 192], .rtcp), ([128, 223], .rtcp), ([128, 224], .rtp),
            ([128, 255], .rtp),
            ([191, 200], .rtcp), ([128, 111], .rtp), ([128, 0x80 | 96], .rtp),
        ] as [([UInt8], PacketKind)])
    func edges(datagram: [UInt8], expected: PacketKind) throws {
        let kind = try PacketKind(datagram.span.bytes)
        #expect(kind == expected)
    }

    @Test(
        "the gaps between ranges are refused",
        arguments: [4, 15, 16, 19, 64, 79, 80, 127, 192, 255] as [UInt8])
    func gaps(firstByte: UInt8) {
        let datagram = [firstByte, 200]
        #expect(throws: WireError.unknownFirstByte(firstByte)) { _ = try PacketKind(datagram.span.bytes) }
    }

    @Test("an empty datagram has no kind, and one byte of RTP is too little")
    func tooShort() {
        #expect(throws: WireError.truncated(needed: 1, got: 0)) { _ = try PacketKind([UInt8]().span.bytes) }
        #expect(throws: WireError.truncated(needed: 2, got: 1)) {
            _ = try PacketKind([UInt8](arrayLiteral: 128).span.bytes)
        }
    }

    @Test("every other byte value has exactly the kind of its range")
    func all() {
        for first in UInt8.min...UInt8.max {
            let kind = try? PacketKind([first, 111].span.bytes)
            switch first {
            case 0...3: #expect(kind == .stun)
            case 20...63: #expect(kind == .dtls)
            case 128...191: #expect(kind == .rtp)
            default: #expect(kind == nil)
            }
        }
    }
}
