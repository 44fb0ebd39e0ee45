import Testing
import Wire

@Suite("VP8 payload descriptor (RFC 7741 §4.2)")
struct VP8DescriptorTests {
    @Test(
        "its length follows its flags",
        arguments: [
            ("10 00", 1, nil), ("90 00 00", 2, nil),
            ("90 80 7f 00", 3, 0x7f), ("90 80 ffff 00", 4, 0x7fff),
            ("90 40 00 00", 3, nil), ("90 20 00 00", 3, nil), ("90 10 00 00", 3, nil),
            ("90 30 00 00", 3, nil),
            ("90 f0 8001 02 03 00", 6, 1),
        ] as [(String, Int, UInt16?)])
    func length(payload: String, length: Int, pictureID: UInt16?) throws {
        let bytes = hex(payload)
        let descriptor = try VP8Descriptor(bytes.span.bytes)
        #expect(descriptor.length == length)
        #expect(descriptor.pictureID == pictureID)
        #expect(descriptor.isKeyFrameStart)
    }

    @Test("every byte that its flags promise must be there")
    func truncated() {
        let whole = hex("90 f0 8001 02 03")
        for length in 0..<whole.count {
            let bytes = Array(whole.prefix(length))
            #expect((try? VP8Descriptor(bytes.span.bytes)) == nil, "\(length) bytes")
        }
        #expect((try? VP8Descriptor(whole.span.bytes))?.length == 6)
    }

    @Test(
        "a key frame starts with S, partition 0 and a clear P bit",
        arguments: [
            ("10 00", true), ("10 9d", false), ("10 01", false), ("00 00", false), ("11 00", false),
            ("17 00", false),
            ("30 00", true), ("10", false), ("", false), ("90 80", false), ("90 80 01 02", true),
            ("90 80 01 03", false),
            ("90 80 01", false),
        ] as [(String, Bool)])
    func keyFrames(payload: String, expected: Bool) {
        let bytes = hex(payload)
        #expect(VP8Descriptor.isKeyFrameStart(bytes.span.bytes) == expected)
    }
}
