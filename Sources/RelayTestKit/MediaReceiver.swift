internal import RelayTypes

/// What one synthetic browser makes of the media that it receives: gaps, reports, feedback.
struct MediaReceiver {
    /// A gap wider than this is a new beginning, not a loss.
    private static let widestGap = 200
    /// How often a lost packet is asked for, and how long between, in milliseconds.
    private static let (mostRequests, requestInterval): (Int, UInt64) = (10, 60)

    /// One SSRC's reception (RFC 3550 A.3).
    private struct Reception {
        /// Extended by the number of wraps.
        var first: UInt32
        var highest: UInt32
        var packets: UInt32 = 1
        /// The middle of the last sender report's NTP time, and when it came.
        var lastReport: (time: UInt32, arrival: MonotonicInstant)?
    }

    private struct Missing {
        var requests = 0
        var due: MonotonicInstant
    }

    private(set) var recovered = 0
    private(set) var abandoned = 0
    private let sources: OutboundSources
    private let format: MediaFormat
    private var receptions: [UInt32: Reception] = [:]
    private var missing: [UInt16: Missing] = [:]
    /// Arrivals since the last feedback, by transport-wide number.
    private var arrivals: [(number: UInt16, at: MonotonicInstant)] = []
    private var feedbackCount: UInt8 = 0

    /// - Parameter sources: what the server said that it would send.
    init(sources: OutboundSources, format: MediaFormat) {
        self.sources = sources
        self.format = format
    }

    /// When ``lostVideo(at:)`` next has something.
    var deadline: MonotonicInstant { missing.values.map(\.due).min() ?? .never }

    /// - Returns: the packet as it goes into the record, and how many numbers it passed over.
    mutating func receive(
        _ packet: RTPPacket, at now: MonotonicInstant
    ) -> (packet: BrowserRecord.Packet, skipped: Int) {
        let skipped = note(packet, at: now)
        var payload = packet.payload[...]
        var original: UInt16?
        if packet.payloadType == format.rtxPayloadType {
            var reader = ByteReader(payload)
            original = reader.uint16()
            payload = payload.dropFirst(2)
            if let original, missing.removeValue(forKey: original) != nil { recovered += 1 }
        } else if packet.ssrc == sources.video {
            missing.removeValue(forKey: packet.sequenceNumber)
        }
        let transport = packet.value(ofExtension: format.transportWideExtension)
            .flatMap { value in
                var reader = ByteReader(value[...])
                return reader.uint16()
            }
        if let transport, arrivals.count < 1_000 { arrivals.append((transport, now)) }
        let video = packet.payloadType == format.opusPayloadType ? nil : VP8Payload(decoding: payload)
        let mark = MediaMark(video.map { $0.rest[...] } ?? payload.dropFirst())
        return (
            BrowserRecord.Packet(
                ssrc: packet.ssrc, payloadType: packet.payloadType, sequenceNumber: packet.sequenceNumber,
                originalSequenceNumber: original, timestamp: packet.timestamp, marker: packet.marker,
                transportSequence: transport,
                mid: packet.value(ofExtension: format.midExtension)
                    .map { String(decoding: $0, as: UTF8.self) },
                startsKeyFrame: video.map { $0.startsFrame && $0.isKeyFrame } ?? false, mark: mark,
                length: packet.payload.count, arrival: now),
            skipped
        )
    }

    mutating func receive(_ report: RTCPBlock.SenderReport, at now: MonotonicInstant) {
        let middle = UInt32(truncatingIfNeeded: report.ntpTime >> 16)
        receptions[report.ssrc]?.lastReport = (middle, now)
    }

    /// Video packets to ask for now.
    mutating func lostVideo(at now: MonotonicInstant) -> [UInt16] {
        var due: [UInt16] = []
        for (number, state) in missing where state.due <= now {
            guard state.requests < Self.mostRequests else {
                missing.removeValue(forKey: number)
                abandoned += 1
                continue
            }
            due.append(number)
            missing[number] = Missing(
                requests: state.requests + 1, due: now.advanced(byMilliseconds: Self.requestInterval))
        }
        return due.sorted()
    }

    /// Report blocks about everything that is received (RFC 3550 §6.4.1).
    func receptionReports(at now: MonotonicInstant) -> [RTCPBlock.ReceptionReport] {
        receptions.sorted { $0.key < $1.key }.prefix(31)
            .map { ssrc, state in
                let expected = state.highest &- state.first &+ 1
                let delay = state.lastReport.map {
                    now.nanoseconds(since: $0.arrival) / 1_000 * 65_536 / 1_000_000
                }
                var report = RTCPBlock.ReceptionReport(ssrc: ssrc, highestSequenceNumber: state.highest)
                report.cumulativeLost = expected > state.packets ? expected - state.packets : 0
                report.lastSenderReport = state.lastReport?.time ?? 0
                report.delaySinceLastSenderReport = UInt32(truncatingIfNeeded: delay ?? 0)
                return report
            }
    }

    /// Feedback about everything that came since the last (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    mutating func transportFeedback(sender: UInt32) -> RTCPBlock? {
        guard let start = arrivals.first?.number else { return nil }
        let ordered = arrivals.sorted {
            Int16(bitPattern: $0.number &- start) < Int16(bitPattern: $1.number &- start)
        }
        arrivals.removeAll(keepingCapacity: true)
        guard let first = ordered.first, let last = ordered.last else { return nil }
        let span = Int(last.number &- first.number) + 1
        guard span <= 2_000 else { return nil }
        var times = [MonotonicInstant?](repeating: nil, count: span)
        for arrival in ordered { times[Int(arrival.number &- first.number)] = arrival.at }
        let reference = first.at.nanoseconds / 64_000_000
        var previous = Int64(bitPattern: reference &* 256)
        let deltas = times.map { time -> Int16? in
            guard let time else { return nil }
            let ticks = Int64(bitPattern: time.nanoseconds / 250_000)
            defer { previous = ticks }
            return Int16(clamping: ticks &- previous)
        }
        defer { feedbackCount &+= 1 }
        return .transportFeedback(
            TransportFeedback(
                sender: sender, media: sources.video, base: first.number,
                referenceTime: UInt32(truncatingIfNeeded: reference) & 0xff_ffff, count: feedbackCount,
                deltas: deltas))
    }

    /// - Returns: how many sequence numbers the packet passed over.
    private mutating func note(_ packet: RTPPacket, at now: MonotonicInstant) -> Int {
        guard var state = receptions[packet.ssrc] else {
            let number = UInt32(packet.sequenceNumber)
            receptions[packet.ssrc] = Reception(first: number, highest: number)
            return 0
        }
        defer { receptions[packet.ssrc] = state }
        state.packets &+= 1
        let step = Int(Int16(bitPattern: packet.sequenceNumber &- UInt16(truncatingIfNeeded: state.highest)))
        guard step > 0 else { return 0 }
        if packet.ssrc == sources.video, step > 1, step <= Self.widestGap {
            for offset in 1..<step {
                let number = UInt16(truncatingIfNeeded: state.highest &+ UInt32(offset))
                missing[number] = Missing(due: now)
            }
        }
        state.highest &+= UInt32(step)
        return step - 1
    }
}
