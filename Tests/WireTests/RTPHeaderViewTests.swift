import Testing
import Wire

/// What a test wants to know of a header; the view itself cannot leave the scope of its bytes.
struct HeaderFacts: Equatable {
    var marker: Bool
    var payloadType: UInt8
    var sequenceNumber: UInt16
    var timestamp: UInt32
    var ssrc: UInt32
    var headerLength: Int
    var payloadLength: Int

    init(_ packet: [UInt8], padding: RTPPadding = .lessThanPayload) throws(WireError) {
        let view = try RTPHeaderView(packet.span.bytes, padding: padding)
        marker = view.marker
        payloadType = view.payloadType
        sequenceNumber = view.sequenceNumber
        timestamp = view.timestamp
        ssrc = view.ssrc
        headerLength = view.headerLength
        payloadLength = view.payloadLength
    }
}

@Suite("RTP header (RFC 3550 §5.1)")
struct RTPHeaderViewTests {
    let fixed = hex("80 e0 1234 89abcdef 01020304")

    @Test("every field is where the standard draws it")
    func fields() throws {
        let facts = try HeaderFacts(fixed + [1, 2, 3])
        #expect(facts.marker)
        #expect(facts.payloadType == 96)
        #expect(facts.sequenceNumber == 0x1234)
        #expect(facts.timestamp == 0x89ab_cdef)
        #expect(facts.ssrc == 0x0102_0304)
        #expect(facts.headerLength == 12)
        #expect(facts.payloadLength == 3)
    }

    @Test("12 bytes are a header, 11 are not", arguments: 0...11)
    func truncated(length: Int) {
        #expect(throws: WireError.truncated(needed: 12, got: length)) {
            _ = try HeaderFacts(Array(fixed.prefix(length)))
        }
        #expect((try? HeaderFacts(fixed))?.payloadLength == 0)
    }

    @Test("versions other than 2 are refused", arguments: [0, 1, 3] as [UInt8])
    func version(version: UInt8) {
        var packet = fixed
        packet[0] = version << 6
        #expect(throws: WireError.wrongVersion(version)) { _ = try HeaderFacts(packet) }
    }

    @Test("the CSRC list must be there as long as its count says", arguments: 1...15)
    func contributingSources(count: Int) throws {
        var packet = fixed
        packet[0] |= UInt8(count)
        for number in 0..<count { packet += [0, 0, 0, UInt8(number)] }
        #expect(try HeaderFacts(packet).headerLength == 12 + 4 * count)
        let whole = packet
        let view = try RTPHeaderView(whole.span.bytes)
        let last = view.contributingSource(at: count - 1)
        let beyond = view.contributingSource(at: count)
        let before = view.contributingSource(at: -1)
        #expect(last == UInt32(count - 1))
        #expect(beyond == nil)
        #expect(before == nil)
        packet.removeLast()
        #expect(throws: WireError.truncated(needed: 12 + 4 * count, got: packet.count)) {
            _ = try HeaderFacts(packet)
        }
    }

    @Test("the extension must be there as long as its length says, at both edges")
    func extensionLength() throws {
        var packet = fixed + hex("bede 0002 10aa0000 00000000")
        packet[0] |= 0x10
        #expect(try HeaderFacts(packet).headerLength == 24)
        #expect(try HeaderFacts(packet).payloadLength == 0)
        #expect(throws: WireError.truncated(needed: 24, got: 23)) { _ = try HeaderFacts(packet.dropLast()) }
        #expect(throws: WireError.truncated(needed: 16, got: 15)) {
            _ = try HeaderFacts(Array(packet.prefix(15)))
        }
        packet[14...15] = [0xff, 0xff]
        #expect(throws: WireError.truncated(needed: 16 + 4 * 65_535, got: 24)) { _ = try HeaderFacts(packet) }
    }

    @Test("an extension of no words is one")
    func emptyExtension() throws {
        var packet = fixed + hex("bede 0000")
        packet[0] |= 0x10
        #expect(try HeaderFacts(packet).headerLength == 16)
    }

    @Test(
        "padding shorter than the payload is taken off, anything else is refused (RFC 3550 Appendix A.1)",
        arguments: [
            (4, 1, 3), (4, 3, 1), (4, 4, nil), (4, 5, nil), (4, 0, nil), (4, 255, nil), (1, 1, nil),
            (255, 254, 1),
        ] as [(Int, UInt8, Int?)])
    func padding(payload: Int, count: UInt8, left: Int?) {
        var packet = fixed + [UInt8](repeating: 0, count: payload)
        packet[0] |= 0x20
        packet[packet.count - 1] = count
        #expect((try? HeaderFacts(packet))?.payloadLength == left)
        if left == nil { #expect(throws: WireError.badPadding) { _ = try HeaderFacts(packet) } }
    }

    @Test("Chromium's packets of padding alone pass where they are asked for, and no more than that")
    func paddingOnly() throws {
        var packet = fixed + [UInt8](repeating: 0, count: 224)
        packet[0] |= 0x20
        packet[packet.count - 1] = 224
        #expect(try HeaderFacts(packet, padding: .upToPayload).payloadLength == 0)
        packet[packet.count - 1] = 225
        #expect(throws: WireError.badPadding) { _ = try HeaderFacts(packet, padding: .upToPayload) }
        packet[packet.count - 1] = 0
        #expect(throws: WireError.badPadding) { _ = try HeaderFacts(packet, padding: .upToPayload) }
    }

    @Test("no payload at all leaves no place for a padding count")
    func paddingBitAlone() {
        var packet = fixed
        packet[0] |= 0x20
        packet[11] = 1  // The last byte of the header is not a count.
        #expect(throws: WireError.badPadding) { _ = try HeaderFacts(packet) }
        #expect(throws: WireError.badPadding) { _ = try HeaderFacts(packet, padding: .upToPayload) }
    }

    @Test("an encrypted packet's last byte is no padding count (RFC 3711 §3.1)")
    func encrypted() throws {
        var packet = fixed + [UInt8](repeating: 0xff, count: 20)
        packet[0] |= 0x20
        #expect(try HeaderFacts(packet, padding: .encrypted).payloadLength == 20)
    }

    @Test("the payload is what lies between header and padding")
    func payload() throws {
        var packet = fixed + [7, 8, 0, 2]
        packet[0] |= 0x20
        let view = try RTPHeaderView(packet.span.bytes)
        let payload = view.payload
        let bytes = [payload.byte(at: 0), payload.byte(at: 1)]
        #expect(payload.byteCount == 2)
        #expect(bytes == [7, 8])
    }

    @Test("fields are rewritten in place, and nothing else is touched")
    func writers() throws {
        let packet = fixed + [1, 2, 3]
        let result = changed(packet) { span in
            span.setSequenceNumber(0xffff)
            span.setTimestamp(0xdead_beef)
            span.setSSRC(0x0a0b_0c0d)
        }
        #expect(result == hex("80 e0 ffff deadbeef 0a0b0c0d 010203"))
    }

    @Test("a fresh header can be read again, and needs 12 bytes")
    func freshHeader() throws {
        let packet = written(capacity: 12) { span in
            span.setRTPHeader(marker: true, payloadType: 0xff, sequenceNumber: 1, timestamp: 2, ssrc: 3)
                ? 12 : 0
        }
        let facts = try HeaderFacts(packet)
        #expect(facts.payloadType == 127)
        #expect(facts.marker)
        #expect((facts.sequenceNumber, facts.timestamp, facts.ssrc) == (1, 2, 3))
        let none = written(capacity: 11) { span in
            span.setRTPHeader(marker: true, payloadType: 1, sequenceNumber: 1, timestamp: 2, ssrc: 3) ? 12 : 0
        }
        #expect(none.isEmpty)
    }
}
