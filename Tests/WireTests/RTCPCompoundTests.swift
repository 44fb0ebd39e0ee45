import Testing
import Wire

/// Offset, type, count and lengths of one block.
struct BlockFacts: Equatable {
    var offset: Int
    var packetType: UInt8
    var count: Int
    var length: Int
    var contentEnd: Int

    static func all(in bytes: [UInt8]) throws(WireError) -> [BlockFacts] {
        var compound = try RTCPCompound(bytes.span.bytes)
        var found: [BlockFacts] = []
        while let block = compound.next() {
            found.append(
                BlockFacts(
                    offset: block.offset, packetType: block.packetType, count: block.count,
                    length: block.length,
                    contentEnd: block.contentEnd))
        }
        return found
    }
}

/// The first block of a datagram, looked at with one of the views.
func firstBlock<Facts>(
    of bytes: [UInt8], _ look: (RTCPBlockView) throws(WireError) -> Facts
) throws(WireError) -> Facts? {
    var compound = try RTCPCompound(bytes.span.bytes)
    guard let block = compound.next() else { return nil }
    return try look(block)
}

@Suite("RTCP compound (RFC 3550 §6.1, Appendix A.2)")
struct RTCPCompoundTests {
    let receiverReport = hex("80 c9 0001 00000001")
    let pictureLoss = hex("81 ce 0002 00000001 00000002")

    @Test("blocks follow each other by their lengths")
    func chain() throws {
        let blocks = try BlockFacts.all(in: receiverReport + pictureLoss)
        #expect(
            blocks == [
                BlockFacts(offset: 0, packetType: 201, count: 0, length: 8, contentEnd: 8),
                BlockFacts(offset: 8, packetType: 206, count: 1, length: 12, contentEnd: 12),
            ])
    }

    @Test("a reduced-size packet may start with any kind (RFC 5506 §3.1)")
    func reducedSize() throws {
        #expect(try BlockFacts.all(in: pictureLoss).count == 1)
        #expect(try BlockFacts.all(in: hex("80 cc 0000")).map(\.length) == [4])
    }

    @Test("nothing is no compound, and less than a header is none either", arguments: 0...3)
    func tooShort(length: Int) {
        #expect(throws: WireError.truncated(needed: 4, got: length)) {
            _ = try BlockFacts.all(in: Array(receiverReport.prefix(length)))
        }
    }

    @Test("a length beyond the end is refused, at both edges")
    func lengthBeyondEnd() {
        for length in 4..<8 {
            #expect(throws: WireError.truncated(needed: 8, got: length)) {
                _ = try BlockFacts.all(in: Array(receiverReport.prefix(length)))
            }
        }
        #expect(throws: WireError.truncated(needed: 4 * 65_536, got: 8)) {
            _ = try BlockFacts.all(in: hex("80 c9 ffff 00000001"))
        }
    }

    @Test("a broken tail spoils the head")
    func brokenTail() {
        #expect(throws: WireError.truncated(needed: 4, got: 1)) {
            _ = try BlockFacts.all(in: receiverReport + [0x80])
        }
        #expect(throws: WireError.wrongVersion(1)) {
            _ = try BlockFacts.all(in: receiverReport + hex("40 c9 0000"))
        }
    }

    @Test(
        "padding is a count between 1 and what the block has",
        arguments: [(0, nil), (1, 11), (4, 8), (8, 4), (9, nil), (255, nil)] as [(UInt8, Int?)])
    func padding(count: UInt8, contentEnd: Int?) {
        let block = hex("a1 ce 0002 00000001 000000") + [count]
        if let contentEnd {
            #expect((try? BlockFacts.all(in: block))?.first?.contentEnd == contentEnd)
        } else {
            #expect(throws: WireError.badPadding) { _ = try BlockFacts.all(in: block) }
        }
    }

    @Test("padding does not count as content")
    func paddingIsNoContent() {
        let block = hex("a1 ce 0002 00000001 00000004")
        #expect(throws: WireError.truncated(needed: 12, got: 8)) {
            _ = try firstBlock(of: block) { block throws(WireError) in
                try PictureLossView(block).mediaSource
            }
        }
    }

    @Test("a block of only a header cannot be padded")
    func paddedHeader() {
        #expect(throws: WireError.badPadding) { _ = try BlockFacts.all(in: hex("a0 c9 0000")) }
    }
}
