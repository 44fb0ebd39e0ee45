internal import RelayTypes
internal import Wire

/// What the server has received of a stream that nobody else receives: for receiver reports of its own.
///
/// Source: RFC 3550 §6.4.1, Appendices A.3 and A.8.
internal struct HeldStream: BitwiseCopyable {
    /// The sender's SSRC; 0 before the first packet or sender report.
    internal private(set) var source: UInt32 = 0
    /// Whether a packet was held since the last one that was forwarded.
    internal private(set) var isActive = false

    /// The first and the highest sequence number, counted on through wrap-around.
    private var first: Int64 = 0
    private var highest: Int64 = 0
    private var received: Int64 = 0
    private var expectedBefore: Int64 = 0
    private var receivedBefore: Int64 = 0
    /// Between the last two reports; late ones make it negative.
    internal private(set) var newlyLost: Int32 = 0
    /// In sixteenths of a tick.
    private var jitter: UInt64 = 0
    private var transit: UInt32 = 0
    /// Middle 32 bits of the NTP timestamp of its last sender report, and when that came.
    private var lastSenderReport: UInt32 = 0
    private var reportedAt: MonotonicInstant?

    internal init() {}

    /// Takes note of a packet that was held.
    ///
    /// - Parameter clock: ticks in a millisecond.
    internal mutating func hold(
        _ ssrc: UInt32, _ sequenceNumber: UInt16, timestamp: UInt32, clock: UInt64, at now: MonotonicInstant
    ) {
        meet(ssrc)
        let ticks = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000 &* clock / 1_000)
        let transit = ticks &- timestamp
        guard isActive else {
            isActive = true
            (first, highest) = (Int64(sequenceNumber), Int64(sequenceNumber))
            (received, expectedBefore, receivedBefore, jitter) = (1, 0, 0, 0)
            self.transit = transit
            return
        }
        let step = Int16(truncatingIfNeeded: sequenceNumber &- UInt16(truncatingIfNeeded: highest))
        highest = max(highest, highest &+ Int64(step))
        received = received &+ 1
        let distance = UInt64(Int32(bitPattern: transit &- self.transit).magnitude)
        jitter = jitter &+ distance &- (jitter &+ 8) >> 4
        self.transit = transit
    }

    /// A packet of it went on: the receiver reports on it from now on.
    internal mutating func release() { isActive = false }

    /// Takes note of a sender report.
    internal mutating func note(_ info: SenderInfo, at now: MonotonicInstant) {
        meet(info.source)
        lastSenderReport = UInt32(truncatingIfNeeded: info.ntpTimestamp >> 16)
        reportedAt = now
    }

    /// The report block, which is about the time since the last one; `nil` when nothing was held.
    internal mutating func takeReport(at now: MonotonicInstant) -> RTCPReportBlock? {
        guard isActive else { return nil }
        let expected = highest &- first &+ 1
        let expectedNow = expected &- expectedBefore
        let lostNow = expectedNow &- (received &- receivedBefore)
        (expectedBefore, receivedBefore) = (expected, received)
        newlyLost = Int32(clamping: lostNow)
        var report = RTCPReportBlock(source: source)
        if expectedNow > 0, lostNow > 0 {
            report.fractionLost = UInt8(clamping: (lostNow << 8) / expectedNow)
        }
        // 24 bits, signed.
        report.cumulativeLost = Int32(clamping: min(max(expected &- received, -0x80_0000), 0x7f_ffff))
        report.highestSequenceNumber = UInt32(truncatingIfNeeded: highest)
        report.jitter = UInt32(clamping: jitter >> 4)
        if let reportedAt, lastSenderReport != 0 {
            report.lastSenderReport = lastSenderReport
            let microseconds = now.nanoseconds(since: reportedAt) / 1_000
            report.delaySinceLastSenderReport = UInt32(clamping: (microseconds << 16) / 1_000_000)
        }
        return report
    }

    private mutating func meet(_ ssrc: UInt32) {
        guard ssrc != source else { return }
        self = HeldStream()
        source = ssrc
    }
}
