import Testing
import Wire

@Suite("Source description and goodbye (RFC 3550 §6.5, §6.6)")
struct SourceDescriptionTests {
    private func name(of source: UInt32, in bytes: [UInt8]) throws(WireError) -> String? {
        let found = try firstBlock(of: bytes) { block throws(WireError) -> [UInt8]? in
            let view = try SourceDescriptionView(block)
            guard let range = view.canonicalName(of: source) else { return nil }
            return range.map { block.bytes.byte(at: $0) }
        }
        return (found ?? nil).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a CNAME is found in its own chunk, among other items")
    func canonicalName() throws {
        let two = hex(
            """
            82 ca 0007
            00000001 0202 7878 0101 61 00
            00000002 0103 626364 00 0000
            """)
        // Chunk 1: NAME "xx", CNAME "a", end. Chunk 2: CNAME "bcd", end and padding to the boundary.
        var block = two
        block[3] = UInt8(block.count / 4 - 1)
        #expect(block.count % 4 == 0)
        #expect(try name(of: 1, in: block) == "a")
        #expect(try name(of: 2, in: block) == "bcd")
        #expect(try name(of: 3, in: block) == nil)
    }

    @Test("an item longer than its block is refused, at both edges")
    func itemLength() {
        let good = hex("81 ca 0002 00000001 0101 61 00")
        #expect((try? name(of: 1, in: good)) == "a")
        for length in 2...255 as ClosedRange<UInt8> {
            var bad = good
            bad[9] = length
            #expect(throws: WireError.badLength) { _ = try name(of: 1, in: bad) }
        }
    }

    @Test("a chunk without an end, and a count without chunks, are refused")
    func noEnd() {
        #expect(throws: WireError.badLength) { _ = try name(of: 1, in: hex("81 ca 0002 00000001 01026161")) }
        #expect(throws: WireError.badLength) { _ = try name(of: 1, in: hex("81 ca 0000")) }
        #expect(throws: WireError.badLength) { _ = try name(of: 1, in: hex("82 ca 0002 00000001 00000000")) }
        #expect((try? name(of: 1, in: hex("80 ca 0000"))) == .some(nil))
    }

    @Test(
        "names of every length are written with an end and whole words",
        arguments: [0, 1, 2, 3, 16, 254, 255])
    func lengths(length: Int) throws {
        let text = String(repeating: "x", count: length)
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.appendCanonicalName(Array(text.utf8).span.bytes, source: 7, into: &buffer)
            return writer.length
        }
        #expect(result.count % 4 == 0)
        #expect(result.last == 0)
        #expect(try name(of: 7, in: result) == text)
    }

    @Test("a name of 256 bytes is refused")
    func tooLong() {
        let long = [UInt8](repeating: 0x78, count: 256)
        let result = written { buffer in
            var writer = RTCPWriter()
            let fits = writer.appendCanonicalName(long.span.bytes, source: 7, into: &buffer)
            #expect(!fits)
            return writer.length
        }
        #expect(result.isEmpty)
    }

    @Test("a goodbye lists its sources, at both edges of its length")
    func goodbye() throws {
        let bye = hex("82 cb 0002 00000001 00000002")
        let sources = try firstBlock(of: bye) { block throws(WireError) in
            let view = try GoodbyeView(block)
            return [view.source(at: 0), view.source(at: 1), view.source(at: 2), view.source(at: -1)]
        }
        #expect(sources == [1, 2, nil, nil])
        #expect(throws: WireError.truncated(needed: 16, got: 12)) {
            _ = try firstBlock(of: hex("83 cb 0002 00000001 00000002")) { block throws(WireError) in
                try GoodbyeView(block).sourceCount
            }
        }
        let result = written { buffer in
            var writer = RTCPWriter()
            writer.appendGoodbye(source: 1, into: &buffer)
            return writer.length
        }
        #expect(result == hex("81 cb 0001 00000001"))
    }
}
