internal import RelayTypes
internal import SRTP
internal import Wire

/// What the server itself tells a sender: RTCP of its own making, each kind in a packet of its own (RFC 5506).
extension Leg {
    /// Most messages of transport-wide feedback at once.
    private static let mostMessages = 16

    /// The browser's SSRC that feedback is about: its video's, or its audio's where it sends no video.
    private var mediaSource: UInt32 { inbound.video != 0 ? inbound.video : inbound.audio }

    /// Tells which packets have arrived that went no further.
    ///
    /// - Parameter isCovered: the partner's feedback covers what is held beside what it receives.
    ///
    /// Where the queue is full the rest is told the next time.
    internal mutating func sendArrivals(
        to destination: Endpoint, isCovered: Bool, into queue: inout TransmitQueue,
        _ arrivals: inout [TransportArrival], at now: MonotonicInstant
    ) {
        var messages = 0
        while messages < Self.mostMessages, queue.room > 0,
            let run = ledger.takeRun(into: &arrivals, isCovered: isCovered, at: now)
        {
            var start = 0
            var base: UInt16? = run.base
            while start < run.count, queue.room > 0 {
                var output = queue.next
                var writer = RTCPWriter()
                let covered: Int
                do {
                    var body = output._mutatingExtracting(
                        0..<(TransmitQueue.slotSize - TransmitQueue.trailerRoom))
                    covered = writer.appendTransportFeedback(
                        sender: sources.video, media: mediaSource,
                        feedbackCount: held.feedbackCounter.takeOwn(), base: base,
                        arrivals: arrivals.span.extracting(start..<run.count), into: &body)
                }
                let length = protect(&output, length: covered > 0 ? writer.length : 0)
                guard length > 0 else { break }
                queue.commit(length: length, to: destination)
                start = start &+ covered
                base = arrivals[start &- 1].sequenceNumber &+ 1
                messages = messages &+ 1
            }
        }
    }

    /// Reports on the streams that nobody else reports on (RFC 3550 §6.4.2).
    internal mutating func sendHeldReport(
        to destination: Endpoint, into queue: inout TransmitQueue, at now: MonotonicInstant
    ) {
        guard queue.room > 0 else { return }
        guard held.isAnyActive else { return }
        var output = queue.next
        var writer = RTCPWriter()
        writer.beginReceiverReport(sender: sources.video, into: &output)
        for role in StreamRole.allCases {
            guard var report = held.takeReport(on: role, at: now) else { continue }
            // As its sender counts, hold or not.
            report.highestSequenceNumber = inbound.highestSequenceNumber(of: role)
            report.cumulativeLost = inbound.addLost(held.newlyLost(of: role), of: role)
            writer.appendReport(report, into: &output)
        }
        let length = protect(&output, length: writer.length)
        if length > 0 { queue.commit(length: length, to: destination) }
    }

    /// Tells the browser how much it may send, over all of its streams.
    ///
    /// - Parameter bitrate: in bits per second.
    /// - Returns: `false` when it could not be queued.
    internal mutating func sendBitrateLimit(
        _ bitrate: UInt64, to destination: Endpoint, into queue: inout TransmitQueue
    ) -> Bool {
        guard queue.room > 0, mediaSource != 0 else { return false }
        var output = queue.next
        var writer = RTCPWriter()
        writer.beginREMB(sender: sources.video, bitrate: bitrate, into: &output)
        for role in [inbound.video, inbound.retransmission, inbound.audio] where role != 0 {
            writer.appendREMBSource(role, into: &output)
        }
        let length = protect(&output, length: writer.length)
        if length > 0 { queue.commit(length: length, to: destination) }
        return length > 0
    }

    /// Translates the partner's transport-wide feedback where packets were held between those that it speaks of.
    ///
    /// - Returns: how long the output is then.
    internal mutating func appendTranslated(
        _ compound: RawSpan, after length: Int, sender: UInt32, media: UInt32,
        into output: inout MutableRawSpan, _ arrivals: inout [TransportArrival], at now: MonotonicInstant
    ) -> Int {
        var length = length
        var budget = TransportStatusBudget()
        guard var blocks = try? RTCPCompound(compound) else { return length }
        while let block = blocks.next() {
            guard block.packetType == RTCPPacketType.transportFeedback,
                block.format == RTCPFeedbackFormat.transportWide,
                let view = try? TransportFeedbackView(block), budget.take(view.statusCount),
                let run = ledger.takeRun(translating: view, into: &arrivals, at: now)
            else { continue }
            var start = 0
            // Nor does what it has told itself lie between the base and the first arrival.
            var base: UInt16? =
                ledger.lastTold(after: run.base &- 1, before: arrivals[0].sequenceNumber)
                .map { $0 &+ 1 } ?? run.base
            var isFirst = true
            while start < run.count {
                // What the server has told in the meantime lies between two messages.
                var end = start &+ 1
                var told: UInt16?
                while end < run.count {
                    told = ledger.lastTold(
                        after: arrivals[end &- 1].sequenceNumber, before: arrivals[end].sequenceNumber)
                    if told != nil { break }
                    end = end &+ 1
                }
                var rest = output._mutatingExtracting(length..<output.byteCount)
                var writer = RTCPWriter()
                let count =
                    isFirst
                    ? held.feedbackCounter.takePartners(view.feedbackCount) : held.feedbackCounter.takeNext()
                isFirst = false
                let covered = writer.appendTransportFeedback(
                    sender: sender, media: media, feedbackCount: count, base: base,
                    arrivals: arrivals.span.extracting(start..<end), into: &rest)
                guard covered > 0 else { break }
                length = length &+ writer.length
                start = start &+ covered
                base = (start == end ? told : nil).map { $0 &+ 1 } ?? arrivals[start &- 1].sequenceNumber &+ 1
            }
        }
        return length
    }

    /// - Returns: the length to send; 0 when there is nothing to send.
    private mutating func protect(_ output: inout MutableRawSpan, length: Int) -> Int {
        guard length > 0 else { return 0 }
        do throws(SRTPError) {
            return try cipher?.protectRTCP(&output, length: length) ?? 0
        } catch {
            return 0
        }
    }
}
