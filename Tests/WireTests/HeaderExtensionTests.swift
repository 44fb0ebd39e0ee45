import Testing
import Wire

@Suite("RTP header extensions (RFC 8285 §4)")
struct HeaderExtensionTests {
    /// Offset from the first element and length.
    private func element(_ id: UInt8, profile: String, _ elements: String) throws -> [Int]? {
        let content = hex(elements)
        var packet = hex("90 60 0001 00000002 00000003") + hex(profile)
        packet += [0, UInt8(content.count / 4)] + content + [0xff, 0xff, 0xff, 0xff]
        let view = try RTPHeaderView(packet.span.bytes)
        guard let found = view.extensionElement(id: id) else {
            #expect(view.extensionOffset(id: id) == nil)
            return nil
        }
        #expect(view.extensionOffset(id: id) == found.offset)
        return [found.offset - 16, found.length]
    }

    @Test("one-byte elements are found among others and padding")
    func oneByte() throws {
        // The example of RFC 8285 §4.2: ids 1, 2 and 3 with 1, 2 and 4 bytes.
        let elements = "10aa 21bbbb 0000 33cccccccc"
        #expect(try element(1, profile: "bede", elements) == [1, 1])
        #expect(try element(2, profile: "bede", elements) == [3, 2])
        #expect(try element(3, profile: "bede", elements) == [8, 4])
        #expect(try element(4, profile: "bede", elements) == nil)
    }

    @Test("a one-byte element may be 16 bytes long and end with the extension")
    func longest() throws {
        let value = String(repeating: "aa", count: 16)
        #expect(try element(5, profile: "bede", "5f" + value + "000000") == [1, 16])
        #expect(try element(5, profile: "bede", "52aaaaaa") == [1, 3])
    }

    @Test("one-byte elements that are longer than the extension end the search")
    func oneByteTooLong() throws {
        #expect(try element(5, profile: "bede", "53aaaaaa") == nil)
        #expect(try element(6, profile: "bede", "5faaaaaa 60aa0000") == nil)
        #expect(try element(5, profile: "bede", "000000 50") == nil)
    }

    @Test("id 15 and an id 0 with a length end the search (RFC 8285 §4.2)")
    func reserved() throws {
        #expect(try element(1, profile: "bede", "f0aa 10bb") == nil)
        #expect(try element(15, profile: "bede", "f0aa 10bb") == nil)
        #expect(try element(1, profile: "bede", "01aa 10bb") == nil)
        #expect(try element(1, profile: "bede", "10bb f0aa") == [1, 1])
        #expect(try element(0, profile: "bede", "00000000") == nil)
    }

    @Test("two-byte elements are found, whatever the appbits", arguments: ["1000", "1007", "100f"])
    func twoByte(profile: String) throws {
        // As in RFC 8285 §4.3: an element of no bytes, one of one, padding, one of four.
        let elements = "0100 0201bb 00 0304cccccccc 0000 00 00"
        #expect(try element(1, profile: profile, elements) == [2, 0])
        #expect(try element(2, profile: profile, elements) == [4, 1])
        #expect(try element(3, profile: profile, elements) == [8, 4])
        #expect(try element(4, profile: profile, elements) == nil)
    }

    @Test("two-byte ids go up to 255, and 15 is like any other")
    func twoByteIDs() throws {
        #expect(try element(15, profile: "1000", "0f01aa00") == [2, 1])
        #expect(try element(255, profile: "1000", "ff02aaaa") == [2, 2])
    }

    @Test("two-byte elements that are longer than the extension end the search")
    func twoByteTooLong() throws {
        #expect(try element(1, profile: "1000", "0103aaaa") == nil)
        #expect(try element(1, profile: "1000", "0102aaaa") == [2, 2])
        #expect(try element(1, profile: "1000", "00000001") == nil)
        #expect(try element(1, profile: "1000", "00000100") == [4, 0])
        #expect(try element(1, profile: "1000", "02ff0000 0101aa00") == nil)
    }

    @Test("other profiles hold nothing that we know", arguments: ["0000", "1010", "bedf", "2000"])
    func otherProfiles(profile: String) throws {
        #expect(try element(1, profile: profile, "10aa0000") == nil)
    }

    @Test("no extension bit, no element")
    func noExtension() throws {
        let packet = hex("80 60 0001 00000002 00000003 bede0001 10aa0000")
        let view = try RTPHeaderView(packet.span.bytes)
        let offset = view.extensionOffset(id: 1)
        #expect(offset == nil)
    }

    @Test("the search starts after the CSRC list")
    func afterContributingSources() throws {
        let packet = hex("91 60 0001 00000002 00000003 00000004 bede0001 10aa0000")
        let view = try RTPHeaderView(packet.span.bytes)
        let offset = view.extensionOffset(id: 1)
        #expect(offset == 21)
    }
}
