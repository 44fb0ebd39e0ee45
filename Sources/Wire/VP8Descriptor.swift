/// The payload descriptor in front of VP8 data.
///
/// ```
///  0 1 2 3 4 5 6 7
/// |X|R|N|S|R| PID |  (required)
/// |I|L|T|K|  RSV  |  (when X)
/// |M| PictureID   |  (when I; 16 bits when M)
/// |   TL0PICIDX   |  (when L)
/// |TID|Y| KEYIDX  |  (when T or K)
/// ```
///
/// Source: RFC 7741 §4.2.
package struct VP8Descriptor: Sendable, Equatable, BitwiseCopyable {
    /// Bytes before the VP8 payload header.
    package let length: Int
    /// S: the first packet of a VP8 partition.
    package let isStartOfPartition: Bool
    /// PID: 0 for the first partition, the one with the frame's header.
    package let partitionIndex: UInt8
    /// 7 or 15 bits.
    package let pictureID: UInt16?
    /// Whether the packet starts a key frame: S, partition 0, and the P bit of the frame header, inverse key frame
    /// flag, clear (RFC 7741 §4.3).
    package let isKeyFrameStart: Bool

    /// - Throws: ``WireError/truncated(needed:got:)``.
    package init(_ payload: RawSpan) throws(WireError) {
        let count = payload.byteCount
        guard count >= 1 else { throw .truncated(needed: 1, got: 0) }
        let first = payload.byte(at: 0)
        var length = 1
        var pictureID: UInt16?
        if first & 0x80 != 0 {
            guard count >= 2 else { throw .truncated(needed: 2, got: count) }
            let flags = payload.byte(at: 1)
            length = 2
            if flags & 0x80 != 0 {
                guard count >= 3 else { throw .truncated(needed: 3, got: count) }
                if payload.byte(at: 2) & 0x80 != 0 {
                    guard count >= 4 else { throw .truncated(needed: 4, got: count) }
                    pictureID = payload.uint16(at: 2) & 0x7fff
                    length = 4
                } else {
                    pictureID = UInt16(payload.byte(at: 2))
                    length = 3
                }
            }
            if flags & 0x40 != 0 { length = length &+ 1 }
            if flags & 0x30 != 0 { length = length &+ 1 }
        }
        guard count >= length else { throw .truncated(needed: length, got: count) }
        self.length = length
        self.pictureID = pictureID
        isStartOfPartition = first & 0x10 != 0
        partitionIndex = first & 0x07
        isKeyFrameStart =
            first & 0x17 == 0x10 && count > length && payload.byte(at: length) & 0x01 == 0
    }

    /// Whether a payload starts a key frame; `false` for one that is no VP8.
    package static func isKeyFrameStart(_ payload: RawSpan) -> Bool {
        guard let descriptor = try? VP8Descriptor(payload) else { return false }
        return descriptor.isKeyFrameStart
    }
}
