import RelayTypes

/// The two kinds of media that the bench sends.
enum MediaStream: String, CaseIterable, Codable {
    case audio
    case video

    /// RTP header with one-byte extensions: transport-wide number and mid, padded.
    static let headerLength = 24
    /// What a payload must have room for: VP8 descriptor and key-frame header, then the mark.
    static let leastPayload = 14 + markLength
    /// Flow and number of the packet, 4 bytes each, behind four known bytes.
    private static let markLength = 12
    private static let magic: [UInt8] = [0x42, 0x45, 0x4e, 0x43]

    /// Who made a packet, and which of its packets it is; inside what is encrypted.
    struct Mark: Equatable {
        var flow: UInt32
        var number: UInt32
    }

    func ssrc(of flow: Int) -> UInt32 {
        (self == .audio ? 0x1000_0000 : 0x2000_0000) | UInt32(truncatingIfNeeded: flow)
    }

    /// Where the mark begins in an RTP packet.
    private var markOffset: Int { Self.headerLength + (self == .audio ? 1 : 14) }

    /// A packet of this length with everything but its numbers.
    func template(flow: Int, payload: Int, format: MediaFormat) -> [UInt8] {
        var packet = [UInt8](repeating: 0xa5, count: Self.headerLength + payload)
        packet[0] = 0x90
        packet[1] = 0x80 | (self == .audio ? format.opusPayloadType : format.vp8PayloadType)
        Self.write(ssrc(of: flow), to: &packet, at: 8)
        let elements: [UInt8] = [
            0xbe, 0xde, 0, 2, format.transportWideExtension << 4 | 1, 0, 0, format.midExtension << 4,
            self == .audio ? 0x30 : 0x31, 0, 0, 0,
        ]
        packet.replaceSubrange(12..<24, with: elements)
        if self == .audio {
            packet[24] = 0xf8  // TOC: CELT, fullband, 20 ms (RFC 6716 §3.1).
        } else {
            // RFC 7741 §4.2 and §4.3: start of a frame, 15-bit picture id, a frame that depends on others.
            packet.replaceSubrange(
                24..<38, with: [0x90, 0x80, 0x80, 0, 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0])
        }
        packet.replaceSubrange(markOffset..<(markOffset + 4), with: Self.magic)
        Self.write(UInt32(truncatingIfNeeded: flow), to: &packet, at: markOffset + 4)
        return packet
    }

    /// Fills in what differs from packet to packet.
    func number(
        _ packet: inout [UInt8], sequence: UInt16, timestamp: UInt32, transport: UInt16, count: UInt32,
        isKeyFrame: Bool = false
    ) {
        packet[2] = UInt8(truncatingIfNeeded: sequence >> 8)
        packet[3] = UInt8(truncatingIfNeeded: sequence)
        Self.write(timestamp, to: &packet, at: 4)
        packet[17] = UInt8(truncatingIfNeeded: transport >> 8)
        packet[18] = UInt8(truncatingIfNeeded: transport)
        Self.write(count, to: &packet, at: markOffset + 8)
        guard self == .video else { return }
        packet[26] = 0x80 | UInt8(truncatingIfNeeded: count >> 8) & 0x7f
        packet[27] = UInt8(truncatingIfNeeded: count)
        packet[28] = isKeyFrame ? 0x10 : 0x11
    }

    /// Reads the mark of a decrypted packet of this stream.
    func mark(_ packet: [UInt8]) -> Mark? {
        guard packet.count >= markOffset + Self.markLength,
            Array(packet[markOffset..<(markOffset + 4)]) == Self.magic
        else { return nil }
        return Mark(
            flow: Self.read(packet, at: markOffset + 4), number: Self.read(packet, at: markOffset + 8))
    }

    private static func write(_ value: UInt32, to packet: inout [UInt8], at offset: Int) {
        for index in 0..<4 { packet[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index)) }
    }

    private static func read(_ packet: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(packet[offset + $1]) }
    }
}
