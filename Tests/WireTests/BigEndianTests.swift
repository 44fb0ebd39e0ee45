import Testing
import Wire

@Suite("Network byte order")
struct BigEndianTests {
    @Test("loads take the most significant byte first, at any alignment", arguments: 0...3)
    func loads(offset: Int) {
        let bytes = [UInt8](repeating: 0xee, count: offset) + hex("0102030405060708")
        let span = bytes.span.bytes
        #expect(span.byte(at: offset) == 0x01)
        #expect(span.uint16(at: offset) == 0x0102)
        #expect(span.uint24(at: offset) == 0x01_0203)
        #expect(span.uint32(at: offset) == 0x0102_0304)
        #expect(span.uint64(at: offset) == 0x0102_0304_0506_0708)
    }

    @Test("stores are the reverse, and touch nothing beside", arguments: 1...3)
    func stores(offset: Int) {
        let result = written(capacity: 24) { span in
            span.store(uint8: 0x01, at: offset)
            span.store(uint16: 0x0203, at: offset + 1)
            span.store(uint24: 0xff04_0506, at: offset + 3)
            span.store(uint32: 0x0708_090a, at: offset + 6)
            span.store(uint64: 0x0b0c_0d0e_0f10_1112, at: offset + 10)
            return 24
        }
        let before = [UInt8](repeating: 0xee, count: offset)
        let after = [UInt8](repeating: 0xee, count: 6 - offset)
        #expect(result == before + hex("0102030405060708090a0b0c0d0e0f101112") + after)
    }

    @Test(
        "copies that do not fit are refused whole",
        arguments: [(0, true), (1, true), (2, false), (5, false), (6, false), (-1, false), (Int.max, false)])
    func copies(offset: Int, fits: Bool) {
        let source: [UInt8] = [1, 2, 3, 4]
        var stored = false
        let result = written(capacity: 5) { span in
            stored = span.store(bytes: source.span.bytes, at: offset)
            return 5
        }
        #expect(stored == fits)
        if !fits { #expect(result == [UInt8](repeating: 0xee, count: 5)) }
    }

    @Test("an empty copy fits anywhere inside")
    func emptyCopy() {
        let result = written(capacity: 2) { span in
            span.store(bytes: [UInt8]().span.bytes, at: 2) ? 2 : 0
        }
        #expect(result.count == 2)
    }
}
