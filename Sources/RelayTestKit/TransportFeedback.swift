/// Transport-wide congestion-control feedback: which of a run of packets have come, and when.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
package struct TransportFeedback: Sendable, Equatable {
    package var sender: UInt32
    package var media: UInt32
    /// The first transport-wide sequence number that it speaks of.
    package var base: UInt16
    /// In units of 64 ms; 24 bits.
    package var referenceTime: UInt32
    /// Counts feedback packets.
    package var count: UInt8
    /// One for each sequence number from `base` on: the time since the one before (the first: since
    /// `referenceTime`) in units of 250 µs, or `nil` for a packet that has not come.
    package var deltas: [Int16?]

    package init(
        sender: UInt32, media: UInt32, base: UInt16, referenceTime: UInt32, count: UInt8, deltas: [Int16?]
    ) {
        self.sender = sender
        self.media = media
        self.base = base
        self.referenceTime = referenceTime
        self.count = count
        self.deltas = deltas
    }

    /// What follows the two SSRCs, padded with zeros to a multiple of 4 bytes.
    var encodedItem: [UInt8] {
        var item: [UInt8] = []
        item.append(uint16: base)
        item.append(uint16: UInt16(truncatingIfNeeded: deltas.count))
        item.append(uint24: referenceTime)
        item.append(count)
        // Status vector chunks with two-bit symbols, seven a chunk (§3.1.4).
        for start in stride(from: 0, to: deltas.count, by: 7) {
            var chunk: UInt16 = 0xc000
            for offset in 0..<7 where start + offset < deltas.count {
                chunk |= Self.symbol(of: deltas[start + offset]) << UInt16(12 - 2 * offset)
            }
            item.append(uint16: chunk)
        }
        for delta in deltas.compactMap({ $0 }) {
            if (0...255).contains(delta) {
                item.append(UInt8(truncatingIfNeeded: delta))
            } else {
                item.append(uint16: UInt16(bitPattern: delta))
            }
        }
        while item.count % 4 != 0 { item.append(0) }
        return item
    }

    /// - Returns: `nil` when the item is cut short.
    init?(sender: UInt32, media: UInt32, _ item: ByteReader) {
        var item = item
        guard let base = item.uint16(), let total = item.uint16(), let reference = item.uint24(),
            let count = item.uint8()
        else { return nil }
        var symbols: [UInt16] = []
        while symbols.count < Int(total) {
            guard let chunk = item.uint16() else { return nil }
            if chunk & 0x8000 == 0 {  // A run.
                symbols += [UInt16](repeating: (chunk >> 13) & 3, count: Int(chunk & 0x1fff))
                guard chunk & 0x1fff != 0 else { return nil }
            } else if chunk & 0x4000 == 0 {  // Fourteen one-bit symbols.
                symbols += (0..<14).map { (chunk >> (13 - $0)) & 1 }
            } else {  // Seven two-bit symbols.
                symbols += (0..<7).map { (chunk >> (12 - 2 * $0)) & 3 }
            }
        }
        var deltas: [Int16?] = []
        for symbol in symbols.prefix(Int(total)) {
            switch symbol {
            case 1:
                guard let delta = item.uint8() else { return nil }
                deltas.append(Int16(delta))
            case 2:
                guard let delta = item.uint16() else { return nil }
                deltas.append(Int16(bitPattern: delta))
            default: deltas.append(nil)
            }
        }
        self.init(
            sender: sender, media: media, base: base, referenceTime: reference, count: count, deltas: deltas)
    }

    private static func symbol(of delta: Int16?) -> UInt16 {
        guard let delta else { return 0 }
        return (0...255).contains(delta) ? 1 : 2
    }
}
