import RelayTypes
import Wire

/// One RTP packet as plain values, to build and to read.
struct TestPacket: Equatable {
    var payloadType: UInt8
    var sequenceNumber: UInt16
    var timestamp: UInt32
    var ssrc: UInt32
    var transportWideNumber: UInt16?
    var payload: [UInt8]
    /// Octets of padding behind the payload (RFC 3550 §5.1).
    var padding: UInt8 = 0

    static let format = MediaFormat()

    static func audio(
        _ sequenceNumber: UInt16, at timestamp: UInt32 = 0, ssrc: UInt32, wide: UInt16? = nil
    ) -> TestPacket {
        TestPacket(
            payloadType: format.opusPayloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc, transportWideNumber: wide, payload: [0xfc, 1, 2, 3])
    }

    /// - Parameter isKey: the start of a key frame (RFC 7741 §4.3), or of a delta frame.
    static func video(
        _ sequenceNumber: UInt16, at timestamp: UInt32 = 0, ssrc: UInt32, wide: UInt16? = nil,
        isKey: Bool = false
    ) -> TestPacket {
        TestPacket(
            payloadType: format.vp8PayloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc, transportWideNumber: wide, payload: [0x10, isKey ? 0x00 : 0x01, 9, 9, 9])
    }

    static func retransmission(
        _ sequenceNumber: UInt16, of original: UInt16, at timestamp: UInt32 = 0, ssrc: UInt32,
        wide: UInt16? = nil
    ) -> TestPacket {
        TestPacket(
            payloadType: format.rtxPayloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc, transportWideNumber: wide,
            payload: [UInt8(original >> 8), UInt8(original & 0xff), 0x10, 0x01, 9])
    }

    /// Padding and nothing else, as Chromium probes for bandwidth.
    static func probe(_ sequenceNumber: UInt16, at timestamp: UInt32 = 0, ssrc: UInt32, wide: UInt16? = nil)
        -> TestPacket
    {
        var packet = TestPacket(
            payloadType: format.rtxPayloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc, transportWideNumber: wide, payload: [])
        packet.padding = 224
        return packet
    }

    /// The original sequence number of a retransmission (RFC 4588 §4).
    var original: UInt16 { UInt16(payload[0]) << 8 | UInt16(payload[1]) }

    var bytes: [UInt8] {
        var result: [UInt8] = [
            (transportWideNumber == nil ? 0x80 : 0x90) | (padding > 0 ? 0x20 : 0), payloadType,
        ]
        result += [UInt8(sequenceNumber >> 8), UInt8(sequenceNumber & 0xff)]
        result += (0..<4).map { UInt8(timestamp >> (24 - 8 * UInt32($0)) & 0xff) }
        result += (0..<4).map { UInt8(ssrc >> (24 - 8 * UInt32($0)) & 0xff) }
        if let wide = transportWideNumber {
            // One-byte form: MID "0" and the transport-wide number.
            result += [0xbe, 0xde, 0, 2, Self.format.midExtension << 4, UInt8(ascii: "0")]
            result += [
                Self.format.transportWideExtension << 4 | 1, UInt8(wide >> 8), UInt8(wide & 0xff), 0, 0, 0,
            ]
        }
        if padding == 0 { return result + payload }
        return result + payload + Array(repeating: 0, count: Int(padding) - 1) + [padding]
    }

    init(
        payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32,
        transportWideNumber: UInt16?,
        payload: [UInt8]
    ) {
        self.payloadType = payloadType
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.transportWideNumber = transportWideNumber
        self.payload = payload
    }

    init(reading bytes: [UInt8]) throws {
        let view = try RTPHeaderView(bytes.span.bytes, padding: .upToPayload)
        payloadType = view.payloadType
        sequenceNumber = view.sequenceNumber
        timestamp = view.timestamp
        ssrc = view.ssrc
        transportWideNumber = view.extensionElement(id: Self.format.transportWideExtension)
            .map {
                bytes.span.bytes.uint16(at: $0.offset)
            }
        payload = Array(bytes[view.headerLength..<(view.headerLength + view.payloadLength)])
        padding = UInt8(bytes.count - view.headerLength - view.payloadLength)
    }
}
