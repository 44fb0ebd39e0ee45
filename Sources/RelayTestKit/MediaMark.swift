/// What a synthetic browser writes into every media packet behind the codec's header, so that whoever receives
/// it knows who made it, and when.
package struct MediaMark: Sendable, Hashable {
    /// ``BrowserConfiguration/senderID`` of whoever made it.
    package var sender: UInt32
    /// Counts the packets of one stream from 0.
    package var counter: UInt64
    /// Of the machine's monotonic clock, in nanoseconds.
    package var sentAt: UInt64

    package static let length = 24
    private static let magic: UInt32 = 0x5449_4445  // "TIDE"

    package init(sender: UInt32, counter: UInt64, sentAt: UInt64) {
        self.sender = sender
        self.counter = counter
        self.sentAt = sentAt
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(uint32: Self.magic)
        bytes.append(uint32: sender)
        bytes.append(uint64: counter)
        bytes.append(uint64: sentAt)
        return bytes
    }

    /// - Returns: the mark at the start of `bytes`, or `nil` when there is none.
    init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes)
        guard reader.uint32() == Self.magic, let sender = reader.uint32(), let counter = reader.uint64(),
            let sentAt = reader.uint64()
        else { return nil }
        self.init(sender: sender, counter: counter, sentAt: sentAt)
    }
}
