/// The start of a VP8 RTP payload: payload descriptor and, on a frame's first packet, payload header.
///
/// Source: RFC 7741 §4.2 and §4.3, RFC 6386 §9.1.
struct VP8Payload: Equatable {
    /// A frame's first packet.
    var startsFrame: Bool
    /// Known on a frame's first packet only.
    var isKeyFrame: Bool
    /// 15 bits.
    var pictureID: UInt16
    /// What follows the descriptor and the payload header.
    var rest: [UInt8]

    var encoded: [UInt8] {
        // X=1, S and PID=0; I=1; a 15-bit picture id with M=1.
        var bytes: [UInt8] = [startsFrame ? 0x90 : 0x80, 0x80]
        bytes.append(uint16: 0x8000 | pictureID)
        if startsFrame {
            // First partition of size 0, show_frame=1, version 0, P=1 for a frame that depends on others.
            bytes += [isKeyFrame ? 0x10 : 0x11, 0, 0]
            // Start code, 320 x 240.
            if isKeyFrame { bytes += [0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00] }
        }
        return bytes + rest
    }

    init(startsFrame: Bool, isKeyFrame: Bool, pictureID: UInt16, rest: [UInt8]) {
        self.startsFrame = startsFrame
        self.isKeyFrame = isKeyFrame
        self.pictureID = pictureID & 0x7fff
        self.rest = rest
    }

    /// Reads what ``encoded`` writes; `nil` for any other shape of descriptor.
    init?(decoding payload: ArraySlice<UInt8>) {
        var reader = ByteReader(payload)
        guard let first = reader.uint8(), first & 0x80 != 0, reader.uint8() == 0x80, let id = reader.uint16(),
            id & 0x8000 != 0
        else { return nil }
        startsFrame = first & 0x10 != 0
        pictureID = id & 0x7fff
        isKeyFrame = false
        if startsFrame {
            guard let tag = reader.uint8(), reader.take(2) != nil else { return nil }
            isKeyFrame = tag & 1 == 0
            if isKeyFrame {
                guard let code = reader.take(7), Array(code.prefix(3)) == [0x9d, 0x01, 0x2a] else {
                    return nil
                }
            }
        }
        rest = [UInt8](reader.take(reader.remaining) ?? [])
    }
}
