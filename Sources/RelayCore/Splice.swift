internal import RelayTypes

/// One stream's constant offsets from what its sender numbers to what its receiver sees.
internal struct StreamSplice: BitwiseCopyable {
    /// The sender's SSRC.
    internal var source: UInt32 = 0
    internal var numbers = NumberSplice()
    /// `outbound = inbound &+ offset`, in the stream's clock.
    internal var timestampOffset: UInt32 = 0

    internal var isActive: Bool { @inline(__always) get { numbers.isActive } }
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

    /// Ends the streams of a channel whose gate has shut: the next packet that passes starts anew.
    internal mutating func end(_ channel: Channel) {
        switch channel {
        case .audio: audio.numbers.end()
        case .video:
            video.numbers.end()
            retransmission.numbers.end()
        case .chat: break
        }
        if !audio.isActive, !video.isActive { isTransportWideActive = false }
    }

    /// The first packet with a transport-wide number passes.
    internal mutating func beginTransportWide() { isTransportWideActive = true }

    /// The sender's numbers have started anew: the next one continues where the receiver is.
    internal mutating func endTransportWide() { isTransportWideActive = false }

    /// Whether a video packet of `source` would have to start a splice, which only a key frame can do: a receiver can
    /// make nothing of a delta frame whose reference it never had.
    @inline(__always)
    internal func needsKeyFrame(from source: UInt32) -> Bool { !video.isActive || video.source != source }

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
            if needsKeyFrame(from: packet.ssrc) {
                guard packet.isKeyFrameStart else { return nil }
                // Retransmissions of what the old SSRC sent have no place any more.
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
        let starts = !stream.isActive || stream.source != packet.ssrc
        guard starts || stream.numbers.covers(packet.sequenceNumber) else { return nil }
        if starts {
            stream.source = packet.ssrc
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
        let starts = !retransmission.isActive || retransmission.source != packet.ssrc
        guard starts || retransmission.numbers.covers(packet.sequenceNumber) else { return nil }
        if starts {
            retransmission.source = packet.ssrc
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
