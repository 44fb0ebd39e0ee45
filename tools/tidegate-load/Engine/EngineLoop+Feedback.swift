internal import CLoadNet
internal import RelayTypes
internal import SRTP
internal import Wire

/// RTCP in both directions.
extension EngineLoop {
    /// Seconds from 1900 to 1970 (RFC 868).
    private static let ntpEpoch: UInt64 = 2_208_988_800
    /// Bytes that a compound may have.
    private static let mostBytes = 1_200

    mutating func receiveRTCP(_ slot: Int, _ bytes: RawSpan, at now: UInt64) {
        guard var compound = try? RTCPCompound(bytes) else { return }
        let video = memory.peers[slot].video.ssrc
        while let block = compound.next() {
            switch (block.packetType, block.format) {
            case (RTCPPacketType.senderReport, _):
                if let report = try? SenderReportView(block) { note(report.sender, slot, at: now) }
            case (RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.pictureLoss):
                if let view = try? PictureLossView(block), view.mediaSource == video {
                    memory.peers[slot].wantsKeyFrame = true
                }
            case (RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.fullIntraRequest):
                if let view = try? FullIntraRequestView(block), view.entry(at: 0)?.source == video {
                    memory.peers[slot].wantsKeyFrame = true
                }
            case (RTCPPacketType.transportFeedback, RTCPFeedbackFormat.negativeAcknowledgement):
                guard let view = try? NegativeAcknowledgementView(block), view.mediaSource == video else {
                    break
                }
                answer(slot, view, at: now)
            default: break
            }
        }
    }

    private mutating func answer(_ slot: Int, _ view: borrowing NegativeAcknowledgementView, at now: UInt64) {
        var left = Self.mostRetransmissions
        for index in 0..<view.entryCount {
            guard left > 0, let entry = view.entry(at: index) else { return }
            retransmit(slot, entry.packetID, at: now)
            left &-= 1
            for bit in 0..<16 where entry.lostPackets & 1 << UInt16(bit) != 0 && left > 0 {
                retransmit(slot, entry.packetID &+ UInt16(bit) &+ 1, at: now)
                left &-= 1
            }
        }
    }

    private func note(_ sender: SenderInfo, _ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        for place in 0..<3 where peer.pointee.receptions[place].ssrc == sender.source {
            peer.pointee.receptions[place].lastReport = UInt32(truncatingIfNeeded: sender.ntpTimestamp >> 16)
            peer.pointee.receptions[place].lastReportAt = now
        }
    }

    /// Sender reports of what it sends, with report blocks about what it receives (RFC 3550 §6.4).
    mutating func sendReports(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        guard peer.pointee.phase == .connected else { return }
        let jitter = UInt64.random(in: 500..<1_500, using: &peer.pointee.generator)
        wheel.arm(slot, .report, at: now &+ plan.reportInterval / 1_000 &* jitter)
        var writer = RTCPWriter()
        var span = scratch(0)
        let wall = now &+ clockOffset
        let fraction = (wall % 1_000_000_000) << 32 / 1_000_000_000
        let ntp = (wall / 1_000_000_000 &+ Self.ntpEpoch) << 32 | fraction
        let main = peer.pointee.audio
        if main.packets > 0, peer.pointee.isSending {
            writer.beginSenderReport(info(main, 48, peer.pointee.nextAudio, ntp, at: now), into: &span)
        } else {
            writer.beginReceiverReport(sender: main.ssrc, into: &span)
        }
        for place in 0..<3 where peer.pointee.receptions[place].packets > 0 {
            writer.appendReport(block(slot, place, at: now), into: &span)
        }
        if plan.hasVideo, peer.pointee.video.packets > 0, peer.pointee.isSending {
            writer.beginSenderReport(
                info(peer.pointee.video, 90, peer.pointee.nextVideo, ntp, at: now), into: &span)
        }
        var name: (UInt64, UInt64) = (0x6c6f_6164_2d70_6565, UInt64(peer.pointee.number))  // "load-pee"
        withUnsafeBytes(of: &name) { bytes in
            _ = writer.appendCanonicalName(bytes.bytes, source: main.ssrc, into: &span)
        }
        sendFeedback(slot, writer.length)
    }

    private func info(
        _ stream: Peer.Stream, _ clock: UInt64, _ next: UInt64, _ ntp: UInt64, at now: UInt64
    ) -> SenderInfo {
        // The next packet's timestamp belongs to when it is due.
        let ahead = Int64(bitPattern: next &- now) / 1_000 &* Int64(clock) / 1_000
        return SenderInfo(
            source: stream.ssrc, ntpTimestamp: ntp,
            rtpTimestamp: stream.timestamp &- UInt32(truncatingIfNeeded: ahead), packetCount: stream.packets,
            octetCount: stream.octets)
    }

    private func block(_ slot: Int, _ place: Int, at now: UInt64) -> RTCPReportBlock {
        let peer = memory.peers + slot
        let state = peer.pointee.receptions[place]
        let expected = state.highest &- state.first &+ 1
        let (since, came) = (expected &- state.expectedBefore, state.packets &- state.packetsBefore)
        peer.pointee.receptions[place].expectedBefore = expected
        peer.pointee.receptions[place].packetsBefore = state.packets
        var report = RTCPReportBlock(source: state.ssrc)
        report.fractionLost =
            since > came && since != 0 ? UInt8(truncatingIfNeeded: (since &- came) &* 256 / since) : 0
        report.cumulativeLost = Int32(truncatingIfNeeded: Int64(expected) &- Int64(state.packets))
        report.highestSequenceNumber = state.highest
        if place == 0 { report.jitter = UInt32(truncatingIfNeeded: peer.pointee.jitter &* 48 / 1_000) }
        if state.lastReport != 0 {
            report.lastSenderReport = state.lastReport
            let delay = (now &- state.lastReportAt) / 1_000 &* 65_536 / 1_000_000
            report.delaySinceLastSenderReport = UInt32(truncatingIfNeeded: delay)
        }
        return report
    }

    /// Transport-wide feedback about what came since the last.
    mutating func sendTransportFeedback(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        guard peer.pointee.phase == .connected else { return }
        wheel.arm(slot, .feedback, at: now &+ plan.feedbackInterval)
        let count = peer.pointee.arrivals
        peer.pointee.arrivals = 0
        guard count > 0 else { return }
        var writer = RTCPWriter()
        var span = scratch(0)
        let arrivals = UnsafeBufferPointer(
            start: memory.arrivals + slot &* PeerMemory.mostArrivals, count: count)
        writer.appendTransportFeedback(
            sender: peer.pointee.audio.ssrc, media: peer.pointee.sources.audio,
            feedbackCount: peer.pointee.feedbackCount, arrivals: arrivals.span, into: &span)
        peer.pointee.feedbackCount &+= 1
        sendFeedback(slot, writer.length)
    }

    /// NACKs what is missing, and a PLI where asking was in vain.
    mutating func askForMissing(_ slot: Int, at now: UInt64) {
        guard plan.hasVideo, memory.peers[slot].phase == .connected else { return }
        let picture = memory.pictures + slot
        picture.pointee.abandon()
        var writer = RTCPWriter()
        var span = scratch(0)
        let (sender, media) = (memory.peers[slot].video.ssrc, memory.peers[slot].sources.video)
        for index in 0..<picture.pointee.missingCount {
            guard let number = picture.pointee.due(index, at: now) else { continue }
            tally.retransmissionsAsked &+= 1
            let entry = NegativeAcknowledgementEntry(packetID: number)
            if writer.length == 0 {
                writer.beginNegativeAcknowledgement(sender: sender, media: media, entry, into: &span)
            } else {
                writer.appendNegativeAcknowledgement(entry, into: &span)
            }
        }
        sendFeedback(slot, writer.length)
        if picture.pointee.wantsKeyFrame(at: now) { askForKeyFrame(slot) }
        if let deadline = picture.pointee.deadline { wheel.arm(slot, .missing, at: deadline) }
    }

    mutating func askForKeyFrame(_ slot: Int) {
        var writer = RTCPWriter()
        var span = scratch(0)
        writer.appendPictureLoss(
            sender: memory.peers[slot].video.ssrc, media: memory.peers[slot].sources.video, into: &span)
        tally.keyFramesAsked &+= 1
        sendFeedback(slot, writer.length)
    }

    private mutating func sendFeedback(_ slot: Int, _ length: Int) {
        guard length > 0, let session = sessions[slot] else { return }
        var span = scratch(0)
        guard let protected = try? session.pointee.protectRTCP(&span, length: length) else { return }
        transmit(slot, 0, protected)
    }
}
