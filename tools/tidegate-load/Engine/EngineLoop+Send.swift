internal import CLoadNet
internal import Histogram
internal import ReferenceTools
internal import RelayTestKit
internal import RelayTypes
internal import SRTP
internal import Wire

/// A slot of a batch as a span: the batch outlives every use of it.
@_lifetime(immortal)
@inline(__always)
func slotSpan(_ batch: OpaquePointer, _ place: Int) -> MutableRawSpan {
    let span = MutableRawSpan(
        _unsafeStart: UnsafeMutableRawPointer(cloadnet_slot(batch, Int32(truncatingIfNeeded: place))),
        byteCount: Int(CLOADNET_SLOT))
    return _overrideLifetime(span, copying: ())
}

/// What goes out: sound, pictures, retransmissions.
extension EngineLoop {
    /// Beats that a late thread still makes up for; more are left out, and are in the lateness.
    private static let mostBeats: UInt64 = 5
    /// Packets that one NACK may ask for.
    static let mostRetransmissions = 64

    @_lifetime(immortal)
    @inline(__always)
    borrowing func scratch(_ place: Int) -> MutableRawSpan { slotSpan(outbound, place) }

    mutating func startMedia(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        peer.pointee.isSending = true
        guard peer.pointee.phase == .connected, !wheel.isArmed(slot, .audio) else { return }
        // From a tick of the wheel on, so that sound and picture alternate in the same way in every run; peers are
        // spread over a packet's time, so that the load is smooth.
        let tick: UInt64 = 1 << TimingWheel.shift
        let start = (now / tick &+ 2) &* tick
        let (count, number) = (UInt64(max(1, settings.peers)), UInt64(peer.pointee.number))
        peer.pointee.nextAudio = start &+ plan.audioInterval / count &* (number % count)
        if peer.pointee.stoppedAt != 0 {
            let pause = now &- peer.pointee.stoppedAt
            peer.pointee.audio.timestamp &+= UInt32(truncatingIfNeeded: pause / 1_000 &* 48 / 1_000)
            peer.pointee.video.timestamp &+= UInt32(truncatingIfNeeded: pause / 1_000 &* 90 / 1_000)
        }
        wheel.arm(slot, .audio, at: peer.pointee.nextAudio)
        guard plan.hasVideo else { return }
        peer.pointee.wantsKeyFrame = true
        peer.pointee.nextVideo = start &+ plan.videoInterval / count &* (number % count)
        wheel.arm(slot, .video, at: peer.pointee.nextVideo)
    }

    mutating func stopMedia(_ slot: Int, at now: UInt64) {
        memory.peers[slot].isSending = false
        guard wheel.isArmed(slot, .audio) else { return }
        memory.peers[slot].stoppedAt = now
        wheel.disarm(slot, .audio)
        wheel.disarm(slot, .video)
    }

    mutating func sendAudio(_ slot: Int, due: UInt64, at now: UInt64) {
        let peer = memory.peers + slot
        guard peer.pointee.phase == .connected, peer.pointee.isSending else { return }
        lateness.record((now &- due) / 1_000)
        let mark = MediaMark(
            run: settings.run, sender: peer.pointee.number, pair: peer.pointee.pair,
            counter: peer.pointee.audio.counter, kind: .audio, sent: now)
        peer.pointee.audio.counter &+= 1
        sendSound(slot, mark)
        peer.pointee.audio.timestamp &+= plan.audioStep
        peer.pointee.nextAudio = nextBeat(peer.pointee.nextAudio, plan.audioInterval, at: now)
        wheel.arm(slot, .audio, at: peer.pointee.nextAudio)
    }

    /// One Opus-like packet with this mark, in the peer's sound stream.
    mutating func sendSound(_ slot: Int, _ mark: MediaMark) {
        let peer = memory.peers + slot
        var span = scratch(0)
        writeHeader(
            slot, settings.format.opusPayloadType, marker: false, mid: 0x30,
            timestamp: peer.pointee.audio.timestamp,
            peer.pointee.audio, into: &span)
        // TOC: CELT, fullband, mono; one, two or three frames of 20 ms (RFC 6716 §3.1, §3.2).
        let frames = UInt8(truncatingIfNeeded: plan.audioStep / 960)
        span.store(uint8: frames == 1 ? 0xf8 : 0xfb, at: MediaPlan.headerLength)
        span.store(uint8: frames == 1 ? 0 : frames, at: MediaPlan.headerLength &+ 1)
        mark.store(into: &span, at: MediaPlan.headerLength &+ MediaPlan.audioMarkOffset)
        fill(
            &span, from: MediaPlan.headerLength &+ MediaPlan.audioMarkOffset &+ MediaMark.length,
            to: MediaPlan.headerLength &+ plan.audioBytes)
        trace(slot, span.bytes, MediaPlan.headerLength &+ plan.audioBytes)
        advance(&peer.pointee.audio, by: plan.audioBytes)
        peer.pointee.transportSequence &+= 1
        guard let length = protect(slot, 0, MediaPlan.headerLength &+ plan.audioBytes) else { return }
        keepForReplay(slot, length)
        transmit(slot, 0, length, isMedia: true)
    }

    mutating func sendVideo(_ slot: Int, due: UInt64, at now: UInt64) {
        let peer = memory.peers + slot
        guard plan.hasVideo, peer.pointee.phase == .connected, peer.pointee.isSending else { return }
        lateness.record((now &- due) / 1_000)
        let isKeyFrame = peer.pointee.wantsKeyFrame
        peer.pointee.wantsKeyFrame = false
        if isKeyFrame { tally.keyFramesSent &+= 1 }
        let parts = isKeyFrame ? plan.keyParts : plan.deltaParts
        let history = memory.histories + slot &* PeerMemory.history
        var ready = 0
        for part in 0..<parts {
            let sent = SentVideo(
                sequenceNumber: peer.pointee.video.sequenceNumber, pictureID: peer.pointee.pictureID,
                timestamp: peer.pointee.video.timestamp, counter: peer.pointee.video.counter,
                pair: peer.pointee.pair, sent: now, isFirst: part == 0, isKeyFrame: isKeyFrame,
                marker: part == parts &- 1, isFilled: true)
            history[peer.pointee.historyNext] = sent
            peer.pointee.historyNext = (peer.pointee.historyNext &+ 1) % PeerMemory.history
            var span = scratch(ready)
            writeHeader(
                slot, settings.format.vp8PayloadType, marker: sent.marker, mid: 0x31,
                timestamp: sent.timestamp,
                peer.pointee.video, into: &span)
            writePicture(slot, sent, at: MediaPlan.headerLength, again: 0, into: &span)
            trace(slot, span.bytes, MediaPlan.headerLength &+ plan.videoBytes)
            advance(&peer.pointee.video, by: plan.videoBytes)
            peer.pointee.video.counter &+= 1
            peer.pointee.transportSequence &+= 1
            guard let length = protect(slot, ready, MediaPlan.headerLength &+ plan.videoBytes) else {
                continue
            }
            lengths[ready] = Int32(truncatingIfNeeded: length)
            ready &+= 1
        }
        transmitBatch(slot, ready)
        peer.pointee.pictureID = (peer.pointee.pictureID &+ 1) & 0x7fff
        peer.pointee.video.timestamp &+= UInt32(truncatingIfNeeded: plan.videoInterval &* 90 / 1_000_000)
        peer.pointee.nextVideo = nextBeat(peer.pointee.nextVideo, plan.videoInterval, at: now)
        wheel.arm(slot, .video, at: peer.pointee.nextVideo)
    }

    /// What a NACK asks for, where it is still known (RFC 4588 §4).
    mutating func retransmit(_ slot: Int, _ sequenceNumber: UInt16, at now: UInt64) {
        let peer = memory.peers + slot
        let history = memory.histories + slot &* PeerMemory.history
        // How far back it was sent is how far back it is kept: one look finds it.
        let back = Int(peer.pointee.video.sequenceNumber &- sequenceNumber)
        guard plan.hasVideo, back >= 1, back <= PeerMemory.history else { return }
        let place = (peer.pointee.historyNext &+ PeerMemory.history &- back) % PeerMemory.history
        let sent = history[place]
        guard sent.isFilled, sent.sequenceNumber == sequenceNumber else { return }
        var span = scratch(0)
        writeHeader(
            slot, settings.format.rtxPayloadType, marker: sent.marker, mid: 0x31, timestamp: sent.timestamp,
            peer.pointee.retransmission, into: &span)
        span.store(uint16: sequenceNumber, at: MediaPlan.headerLength)  // OSN
        writePicture(slot, sent, at: MediaPlan.headerLength &+ 2, again: now, into: &span)
        advance(&peer.pointee.retransmission, by: plan.videoBytes &+ 2)
        peer.pointee.transportSequence &+= 1
        tally.retransmissionsSent &+= 1
        guard let length = protect(slot, 0, MediaPlan.headerLength &+ 2 &+ plan.videoBytes) else { return }
        transmit(slot, 0, length, isMedia: true)
    }

    /// A VP8 payload: descriptor, frame header, mark, filling (RFC 7741 §4.2 and §4.3, RFC 6386 §9.1).
    private func writePicture(
        _ slot: Int, _ sent: SentVideo, at start: Int, again: UInt64, into span: inout MutableRawSpan
    ) {
        fill(&span, from: start, to: start &+ plan.videoBytes)
        // X=1, S on a frame's first packet, PID=0; I=1; a 15-bit picture id with M=1.
        span.store(uint8: sent.isFirst ? 0x90 : 0x80, at: start)
        span.store(uint8: 0x80, at: start &+ 1)
        span.store(uint16: 0x8000 | sent.pictureID, at: start &+ 2)
        if sent.isFirst {
            // show_frame=1, version 0, first partition of size 0; P=1 for a frame that depends on others.
            span.store(uint24: sent.isKeyFrame ? 0x10_0000 : 0x11_0000, at: start &+ 4)
            if sent.isKeyFrame {
                // Start code, 320 x 240.
                span.store(uint24: 0x9d_012a, at: start &+ 7)
                span.store(uint32: 0x4001_f000, at: start &+ 10)
            }
        }
        var mark = MediaMark(
            run: settings.run, sender: memory.peers[slot].number, pair: sent.pair, counter: sent.counter,
            kind: .video, sent: sent.sent)
        mark.sentAgain = again
        mark.store(into: &span, at: start &+ MediaPlan.videoMarkOffset)
    }

    /// RTP header with the extensions that the offer names (RFC 3550 §5.1, RFC 8285 §4.2).
    func writeHeader(
        _ slot: Int, _ payloadType: UInt8, marker: Bool, mid: UInt8, timestamp: UInt32, _ stream: Peer.Stream,
        into span: inout MutableRawSpan
    ) {
        span.setRTPHeader(
            marker: marker, payloadType: payloadType, sequenceNumber: stream.sequenceNumber,
            timestamp: timestamp, ssrc: stream.ssrc)
        span.store(uint8: 0x90, at: 0)
        span.store(uint32: 0xbede_0002, at: 12)
        span.store(uint8: settings.format.transportWideExtension << 4 | 1, at: 16)
        span.store(uint16: memory.peers[slot].transportSequence, at: 17)
        span.store(uint8: settings.format.midExtension << 4, at: 19)
        span.store(uint32: UInt32(mid) << 24, at: 20)
    }

    private func fill(_ span: inout MutableRawSpan, from start: Int, to end: Int) {
        guard start < end else { return }
        span.withUnsafeMutableBytes { bytes in
            _ = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
                .initializeMemory(as: UInt8.self, repeating: 0xa5)
        }
    }

    private func advance(_ stream: inout Peer.Stream, by octets: Int) {
        stream.sequenceNumber &+= 1
        stream.packets &+= 1
        stream.octets &+= UInt32(truncatingIfNeeded: octets)
    }

    /// - Returns: the length with the trailer; `nil` when there are no keys.
    mutating func protect(_ slot: Int, _ place: Int, _ length: Int) -> Int? {
        guard let session = sessions[slot] else { return nil }
        var span = scratch(place)
        return try? session.pointee.protectRTP(&span, length: length)
    }

    /// Sends a slot of the outbound batch; best effort, like the network.
    mutating func transmit(_ slot: Int, _ place: Int, _ length: Int, isMedia: Bool = false) {
        let peer = memory.peers + slot
        if isMedia { countSent(slot, length) }
        if losesOutbound(slot) { return }
        let bytes = cloadnet_slot(outbound, Int32(truncatingIfNeeded: place))
        if peer.pointee.isFullICE {
            let datagram = [UInt8](UnsafeBufferPointer(start: bytes, count: length))
            if agents[slot]?.pointee.send(datagram) != true { tally.refusedPackets &+= 1 }
            return
        }
        guard peer.pointee.descriptor >= 0 else { return }
        if cloadnet_send(peer.pointee.descriptor, bytes, Int32(truncatingIfNeeded: length)) != 0 {
            tally.refusedPackets &+= 1
        }
    }

    /// Sends the first slots of the outbound batch, all media.
    private mutating func transmitBatch(_ slot: Int, _ count: Int) {
        let peer = memory.peers + slot
        guard !peer.pointee.isFullICE, settings.loss == nil, peer.pointee.descriptor >= 0 else {
            for place in 0..<count { transmit(slot, place, Int(lengths[place]), isMedia: true) }
            return
        }
        for place in 0..<count { countSent(slot, Int(lengths[place])) }
        guard count > 0 else { return }
        let sent = cloadnet_send_batch(
            peer.pointee.descriptor, outbound, lengths, Int32(truncatingIfNeeded: count))
        tally.refusedPackets &+= UInt64(max(0, count &- max(0, Int(sent))))
    }

    private mutating func countSent(_ slot: Int, _ length: Int) {
        memory.peers[slot].sentPackets &+= 1
        tally.sentPackets &+= 1
        tally.sentBytes &+= UInt64(length)
    }

    private func losesOutbound(_ slot: Int) -> Bool {
        guard let loss = settings.loss, memory.peers[slot].phase == .connected else { return false }
        return Double.random(in: 0..<100, using: &memory.peers[slot].outboundLoss) < loss.outboundPercent
    }

    /// The next beat of a rhythm.
    private func nextBeat(_ beat: UInt64, _ interval: UInt64, at now: UInt64) -> UInt64 {
        let next = beat &+ interval
        guard now > next, now &- next > Self.mostBeats &* interval else { return next }
        return next &+ (now &- next) / interval &* interval
    }

    private mutating func trace(_ slot: Int, _ bytes: RawSpan, _ length: Int) {
        guard settings.trace > 0, traces[slot].count < settings.trace else { return }
        traces[slot]
            .append(
                SentPacket(
                    ssrc: bytes.uint32(at: 8), payloadType: bytes.byte(at: 1) & 0x7f,
                    sequenceNumber: bytes.uint16(at: 2), transportSequence: bytes.uint16(at: 17),
                    marker: bytes.byte(at: 1) & 0x80 != 0, length: length))
    }

    private func keepForReplay(_ slot: Int, _ length: Int) {
        guard length <= PeerMemory.replayBytes else { return }
        let place = Int(memory.peers[slot].audio.packets) % PeerMemory.replays
        let index = slot &* PeerMemory.replays &+ place
        (memory.replays + index &* PeerMemory.replayBytes)
            .update(from: cloadnet_slot(outbound, 0), count: length)
        memory.replayLengths[index] = Int32(truncatingIfNeeded: length)
    }
}
