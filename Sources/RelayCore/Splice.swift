internal import RelayTypes

/// One stream's constant offsets from what its sender numbers to what its receiver sees.
internal struct StreamSplice: BitwiseCopyable {
    /// The sender's SSRC.
    internal var source: UInt32 = 0
    internal var numbers = NumberSplice()
    /// `outbound = inbound &+ offset`, in the stream's clock.
    internal var timestampOffset: UInt32 = 0
    /// The sender's reports that have gone on, holds or not.
    internal var reports = SenderReportNames()

    internal var isActive: Bool { @inline(__always) get { numbers.isActive } }

    /// Whether a packet cannot continue what is there.
    @inline(__always)
    internal func startsAnew(with sequenceNumber: UInt16, from ssrc: UInt32) -> Bool {
        !numbers.isNear(sequenceNumber) || source != ssrc
    }

    /// Another SSRC is another sender, whose reports have not gone on.
    internal mutating func take(_ ssrc: UInt32) {
        if source != ssrc { reports = SenderReportNames() }
        source = ssrc
    }
}

/// The relation between what one browser sends and what the other receives.
///
/// A splice begins with the first packet after a pair is made or a gate opens, and ends when the gate shuts, the pair
/// parts or the sender changes its SSRC. Towards the receiver sequence numbers continue by exactly 1, timestamps by the
/// time that has passed: its jitter buffer never sees a gap (PROTOCOL.md section 3). Transport-wide numbers count over
/// all streams, the held ones too: ``TransportLedger`` sees to them.
internal struct Splice: BitwiseCopyable {
    /// What is read from one authenticated packet.
    internal struct Inbound: BitwiseCopyable {
        internal var role: StreamRole
        internal var ssrc: UInt32
        internal var sequenceNumber: UInt16
        internal var timestamp: UInt32
        internal var transportWideNumber: UInt16?
        /// Of a retransmission that is not mere padding (RFC 4588 §4).
        internal var originalSequenceNumber: UInt16?
        /// Read only while a key frame is awaited.
        internal var isKeyFrameStart = false
    }

    /// What is written into it.
    internal struct Outbound: BitwiseCopyable, Equatable {
        internal var ssrc: UInt32
        internal var sequenceNumber: UInt16
        internal var timestamp: UInt32
        internal var transportWideNumber: UInt16 = 0
        internal var originalSequenceNumber: UInt16 = 0
    }

    internal private(set) var audio = StreamSplice()
    internal private(set) var video = StreamSplice()
    internal private(set) var retransmission = StreamSplice()
    /// Whether the sender's ledger has begun to number for this receiver.
    internal private(set) var isTransportWideActive = false

    /// One stream's.
    internal subscript(role: StreamRole) -> StreamSplice {
        switch role {
        case .audio: audio
        case .video: video
        case .retransmission: retransmission
        }
    }

    /// Ends the streams of a channel whose gate has shut: the next packet that passes starts anew.
    internal mutating func end(_ channel: Channel) {
        switch channel {
        case .audio: audio.numbers.end()
        case .video:
            video.numbers.end()
            retransmission.numbers.end()
        case .chat: break
        }
    }

    /// The first packet with a transport-wide number passes.
    internal mutating func beginTransportWide() { isTransportWideActive = true }

    /// Both gates have shut, or the sender's numbers have started anew: the next one continues where the receiver is.
    internal mutating func endTransportWide() { isTransportWideActive = false }

    /// Whether a video packet would have to start a splice, which only a key frame can do: a receiver can make nothing of
    /// a delta frame whose reference it never had.
    @inline(__always)
    internal func needsKeyFrame(_ packet: Inbound) -> Bool {
        video.startsAnew(with: packet.sequenceNumber, from: packet.ssrc)
    }

    /// Takes note of sender reports that go on, by their NTP timestamps.
    internal mutating func noteReports(audio: UInt64?, video: UInt64?, retransmission: UInt64?) {
        if let audio { self.audio.reports.note(ntpTimestamp: audio) }
        if let video { self.video.reports.note(ntpTimestamp: video) }
        if let retransmission { self.retransmission.reports.note(ntpTimestamp: retransmission) }
    }

    /// Finds a packet's place in the receiver's numbering.
    ///
    /// - Returns: `nil` for a packet from before the splice; then nothing has changed.
    @inline(__always)
    internal mutating func place(
        _ packet: Inbound, after sent: inout OutboundStreams, at now: MonotonicInstant
    ) -> Outbound? {
        switch packet.role {
        case .audio:
            return Self.place(packet, &audio, after: &sent.audio, at: now)
        case .video:
            if needsKeyFrame(packet) {
                guard packet.isKeyFrameStart else { return nil }
                // Retransmissions of what was sent before have no place any more.
                retransmission.numbers.end()
            }
            return Self.place(packet, &video, after: &sent.video, at: now)
        case .retransmission:
            return placeRetransmission(packet, after: &sent, at: now)
        }
    }

    @inline(__always)
    private static func place(
        _ packet: Inbound, _ stream: inout StreamSplice, after sent: inout OutboundStream,
        at now: MonotonicInstant
    ) -> Outbound? {
        let starts = stream.startsAnew(with: packet.sequenceNumber, from: packet.ssrc)
        guard starts || stream.numbers.covers(packet.sequenceNumber) else { return nil }
        if starts {
            stream.take(packet.ssrc)
            stream.numbers.start(at: packet.sequenceNumber, continuing: sent.sequenceNumber)
            stream.timestampOffset = sent.nextTimestamp(at: now) &- packet.timestamp
        }
        let result = Outbound(
            ssrc: sent.ssrc, sequenceNumber: stream.numbers.map(packet.sequenceNumber),
            timestamp: packet.timestamp &+ stream.timestampOffset)
        sent.note(sequenceNumber: result.sequenceNumber, timestamp: result.timestamp, at: now)
        return result
    }

    /// A retransmission has numbers of its own, the timestamp of what it repeats, and in its payload the sequence
    /// number of that, which is in the numbering of the video stream.
    ///
    /// Source: RFC 4588 §4.
    private mutating func placeRetransmission(
        _ packet: Inbound, after sent: inout OutboundStreams, at now: MonotonicInstant
    ) -> Outbound? {
        guard video.isActive else { return nil }
        if let original = packet.originalSequenceNumber, !video.numbers.covers(original) { return nil }
        let starts = retransmission.startsAnew(with: packet.sequenceNumber, from: packet.ssrc)
        guard starts || retransmission.numbers.covers(packet.sequenceNumber) else { return nil }
        if starts {
            retransmission.take(packet.ssrc)
            retransmission.numbers.start(
                at: packet.sequenceNumber, continuing: sent.retransmission.sequenceNumber)
        }
        retransmission.timestampOffset = video.timestampOffset
        var result = Outbound(
            ssrc: sent.retransmission.ssrc, sequenceNumber: retransmission.numbers.map(packet.sequenceNumber),
            timestamp: packet.timestamp &+ video.timestampOffset)
        sent.retransmission.note(
            sequenceNumber: result.sequenceNumber, timestamp: result.timestamp, at: now)
        if let original = packet.originalSequenceNumber {
            result.originalSequenceNumber = video.numbers.image(of: original)
        }
        return result
    }
}
