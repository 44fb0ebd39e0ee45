internal import RelayTypes

/// What a browser has received so far under one of the server's SSRCs.
///
/// Lives as long as the leg, so that the next partner's numbers can continue where the last partner's ended.
internal struct OutboundStream: BitwiseCopyable {
    /// The server's SSRC towards the browser.
    internal let ssrc: UInt32
    /// Ticks in a millisecond.
    internal let clock: UInt64
    /// The highest sequence number sent.
    internal private(set) var sequenceNumber: UInt16
    /// The timestamp sent with it.
    internal private(set) var timestamp: UInt32
    /// When it was sent; `nil` before the first packet.
    internal private(set) var sentAt: MonotonicInstant?
    /// Packets, and octets of payload without padding, that were sent: for sender reports (RFC 3550 §6.4.1).
    internal private(set) var packetCount: UInt32 = 0
    internal private(set) var octetCount: UInt32 = 0

    /// What the receiver has reported last: cumulative loss, over all partners, and its highest sequence number.
    internal private(set) var reportedLost: Int32 = 0
    private var reportedHighest: UInt16

    /// - Parameters:
    ///   - clock: ticks in a millisecond: 48 for Opus (RFC 7587 §4.1), 90 for VP8 (RFC 7741 §4.1).
    ///   - seed: random bits for the first sequence number and timestamp (RFC 3550 §5.1).
    internal init(ssrc: UInt32, clock: UInt64, seed: UInt64) {
        self.ssrc = ssrc
        self.clock = clock
        // The first number stays below 2^15, so that a lost first packet cannot put the receiver's rollover counter
        // one off (RFC 3711 §3.3.1).
        sequenceNumber = UInt16(truncatingIfNeeded: seed) & 0x7fff
        timestamp = UInt32(truncatingIfNeeded: seed >> 16)
        reportedHighest = sequenceNumber
    }

    /// Takes note of a report block about this stream.
    ///
    /// - Parameter first: the first number of the present splice.
    /// - Returns: packets that were lost since the report before it; 0 where that was before the splice, for then it
    ///   cannot be told whose they were.
    internal mutating func takeLoss(_ lost: Int32, highest: UInt32, since first: UInt16) -> Int32 {
        let change = lost &- reportedLost
        let isOne = Int16(truncatingIfNeeded: reportedHighest &- first) >= -1
        reportedLost = lost
        reportedHighest = UInt16(truncatingIfNeeded: highest)
        return isOne ? change : 0
    }

    /// The timestamp that a splice starts with: the time since the last packet later, and later by 1 at least.
    internal func nextTimestamp(at now: MonotonicInstant) -> UInt32 {
        guard let sentAt else { return timestamp }
        let ticks = now.nanoseconds(since: sentAt) / 1_000 &* clock / 1_000
        return timestamp &+ UInt32(truncatingIfNeeded: max(ticks, 1))
    }

    /// Counts a packet that goes out.
    @inline(__always)
    internal mutating func count(octets: Int) {
        packetCount &+= 1
        octetCount &+= UInt32(truncatingIfNeeded: octets)
    }

    /// Takes note of a packet that goes out.
    @inline(__always)
    internal mutating func note(sequenceNumber: UInt16, timestamp: UInt32, at now: MonotonicInstant) {
        guard sentAt == nil || Int16(truncatingIfNeeded: sequenceNumber &- self.sequenceNumber) > 0 else {
            return
        }
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        sentAt = now
    }
}
