/// One RTP packet as values (RFC 3550 §5.1), with one-byte header extensions (RFC 8285 §4.2).
package struct RTPPacket: Sendable, Equatable {
    /// One element of the header extension.
    package struct Extension: Sendable, Equatable {
        /// 1 to 14.
        package var id: UInt8
        /// 1 to 16 bytes.
        package var value: [UInt8]

        package init(id: UInt8, value: [UInt8]) {
            self.id = id
            self.value = value
        }
    }

    package var marker = false
    package var payloadType: UInt8
    package var sequenceNumber: UInt16
    package var timestamp: UInt32
    package var ssrc: UInt32
    package var extensions: [Extension] = []
    package var payload: [UInt8]

    package init(
        payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32, payload: [UInt8]
    ) {
        self.payloadType = payloadType
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
    }

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 40)
        bytes.append(extensions.isEmpty ? 0x80 : 0x90)
        bytes.append((marker ? 0x80 : 0) | (payloadType & 0x7f))
        bytes.append(uint16: sequenceNumber)
        bytes.append(uint32: timestamp)
        bytes.append(uint32: ssrc)
        if !extensions.isEmpty {
            var elements: [UInt8] = []
            for element in extensions {
                elements.append(element.id << 4 | UInt8(truncatingIfNeeded: element.value.count - 1) & 0x0f)
                elements += element.value
            }
            while elements.count % 4 != 0 { elements.append(0) }
            bytes.append(uint16: 0xbede)
            bytes.append(uint16: UInt16(truncatingIfNeeded: elements.count / 4))
            bytes += elements
        }
        return bytes + payload
    }

    /// - Returns: `nil` when the bytes are no RTP packet.
    package init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes[...])
        guard let first = reader.uint8(), first >> 6 == 2, let second = reader.uint8(),
            let sequenceNumber = reader.uint16(), let timestamp = reader.uint32(), let ssrc = reader.uint32(),
            reader.take(4 * Int(first & 0x0f)) != nil
        else { return nil }
        marker = second & 0x80 != 0
        payloadType = second & 0x7f
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        if first & 0x10 != 0 {
            guard let profile = reader.uint16(), let words = reader.uint16(),
                let block = reader.take(4 * Int(words))
            else { return nil }
            extensions = profile == 0xbede ? Self.elements(of: block) : []
        }
        var rest = [UInt8](reader.take(reader.remaining) ?? [])
        if first & 0x20 != 0 {
            guard let padding = rest.last, padding > 0, Int(padding) <= rest.count else { return nil }
            rest.removeLast(Int(padding))
        }
        payload = rest
    }

    /// - Returns: the element's value, or `nil` when it is absent.
    package func value(ofExtension id: UInt8) -> [UInt8]? { extensions.first { $0.id == id }?.value }

    private static func elements(of block: ArraySlice<UInt8>) -> [Extension] {
        var reader = ByteReader(block)
        var found: [Extension] = []
        while let head = reader.uint8() {
            if head == 0 { continue }  // Padding.
            guard head >> 4 != 15, let value = reader.take(Int(head & 0x0f) + 1) else { break }
            found.append(Extension(id: head >> 4, value: [UInt8](value)))
        }
        return found
    }
}
