internal import MediaControl
internal import RelayTypes
internal import Wire

/// Alive while held: what nobody receives is acknowledged by the server, so that the sender's estimate of its path
/// does not starve (PROTOCOL.md section 3).
///
/// Nothing here forwards: all of it goes back to the sender, in the server's name.
extension RelayCore {
    /// Drops an authenticated packet, and takes note of it for the server's own feedback.
    internal mutating func hold(
        _ packet: RawSpan, _ role: StreamRole, _ reason: DropReason, _ index: Int, at now: MonotonicInstant
    ) -> RelayOutcome {
        guard let facts = PacketFacts(packet, role, format) else { return drop(.rtpMalformed, from: index) }
        return hold(facts, reason, index, at: now)
    }

    internal mutating func hold(
        _ facts: PacketFacts, _ reason: DropReason, _ index: Int, at now: MonotonicInstant
    ) -> RelayOutcome {
        legs[index].held.note(facts.inbound, at: now)
        return holdLate(facts, index, at: now, reason)
    }

    /// The same for a packet that belongs to no stream any more: it has arrived, and that is all.
    internal mutating func holdLate(
        _ facts: PacketFacts, _ index: Int, at now: MonotonicInstant, _ reason: DropReason = .beforeSplice
    ) -> RelayOutcome {
        if let number = facts.inbound.transportWideNumber { legs[index].ledger.hold(number, at: now) }
        legs[index].held.arm(at: now)
        wake(index)
        return drop(reason, from: index)
    }

    /// Takes note of sender reports, for the receiver reports that the server may have to make.
    internal mutating func noteReports(_ compound: RawSpan, of index: Int, at now: MonotonicInstant) {
        guard var blocks = try? RTCPCompound(compound) else { return }
        while let block = blocks.next() {
            if block.packetType == RTCPPacketType.receiverReport, let view = try? ReceiverReportView(block) {
                for place in 0..<view.reportCount {
                    if let report = view.report(at: place) { noteLoss(report, of: index) }
                }
            }
            guard block.packetType == RTCPPacketType.senderReport, let view = try? SenderReportView(block)
            else { continue }
            for place in 0..<view.reportCount {
                if let report = view.report(at: place) { noteLoss(report, of: index) }
            }
            let info = view.sender
            guard info.source != 0 else { continue }
            if info.source == legs[index].inbound.video { legs[index].held.video.note(info, at: now) }
            if info.source == legs[index].inbound.retransmission {
                legs[index].held.retransmission.note(info, at: now)
            }
            if info.source == legs[index].inbound.audio { legs[index].held.audio.note(info, at: now) }
        }
    }

    /// Takes note of what a browser says that it has lost, and counts it as lost for the partner that sends it now.
    ///
    /// A receiver counts over all partners, holds and releases; each sender is told of its own.
    private mutating func noteLoss(_ report: RTCPReportBlock, of index: Int) {
        let sent = legs[index].outbound
        guard let role = StreamRole.allCases.first(where: { sent.ssrc(for: $0) == report.source }) else {
            return
        }
        let pair = legs[index].pair
        let partner = legs[index].partner
        let splice =
            pair.map { pairs[$0].directions[legs[index].side.other.index].splice[role] } ?? StreamSplice()
        let lost = legs[index].outbound
            .takeLoss(
                report.cumulativeLost, highest: report.highestSequenceNumber, of: role,
                since: splice.numbers.firstImage)
        guard pair != nil, splice.isActive, splice.source == legs[partner].inbound.source(of: role) else {
            return
        }
        legs[partner].inbound.addLost(lost, of: role)
    }

    /// The leg's timer has come: tells its browser what was held.
    internal mutating func tellHeld(_ index: Int, at now: MonotonicInstant) {
        legs[index].held.dueAt = .never
        guard legs[index].mayReceive(at: now, timeout: consentTimeout),
            let destination = legs[index].paths.selected
        else {
            // Nothing goes to an address that has not consented, and later it would be stale.
            legs[index].ledger.forgetPending()
            return
        }
        legs[index].held.toldAt = now
        let isCovered =
            isAnyReceived(of: index, at: now) && legs[index].held.isCoveredByPartner(at: now)
        legs[index]
            .sendArrivals(to: destination, isCovered: isCovered, into: &transmits, &arrivals, at: now)
        sayReports(index, to: destination, at: now)
        sayLifted(index, to: destination)
        if legs[index].ledger.pending != nil || legs[index].held.liftingsLeft > 0 {
            legs[index].held.arm(at: now)
        }
    }

    /// Receiver reports, and the cap while nobody can receive the video: once a second while something is held.
    private mutating func sayReports(_ index: Int, to destination: Endpoint, at now: MonotonicInstant) {
        guard legs[index].held.isAnyActive else {
            legs[index].held.reportedAt = nil
            return
        }
        let isDue =
            legs[index].held.reportedAt
            .map { now.nanoseconds(since: $0) >= HeldMedia.reportInterval } ?? true
        if isDue {
            legs[index].held.reportedAt = now
            legs[index].sendHeldReport(to: destination, into: &transmits, at: now)
        }
        guard isDue || !legs[index].held.isCapped, !isMainReceived(of: index, at: now),
            legs[index].sendBitrateLimit(heldBitrate, to: destination, into: &transmits)
        else { return }
        legs[index].held.isCapped = true
        legs[index].held.liftingsLeft = 0
    }

    // MARK: Hand-over

    /// The partner will tell no more of what it got: the server tells that it has passed here.
    internal mutating func takeOver(_ index: Int, at now: MonotonicInstant) {
        guard !isAnyReceived(of: index, at: now) else { return }
        legs[index].held.feedbackCounter.changePartner()
        legs[index].ledger.takeOver()
        guard legs[index].state == .connected, legs[index].ledger.pending != nil else { return }
        legs[index].held.arm(at: now)
        wake(index)
    }

    /// Takes the cap away where a sender's video can be received from now on.
    internal mutating func liftCap(_ index: Int, at now: MonotonicInstant) {
        guard legs[index].held.isCapped, isMainReceived(of: index, at: now) else { return }
        legs[index].held.isCapped = false
        legs[index].held.liftingsLeft = HeldMedia.liftings
        // The next hold is capped at once.
        legs[index].held.reportedAt = nil
        if legs[index].mayReceive(at: now, timeout: consentTimeout),
            let destination = legs[index].paths.selected
        {
            sayLifted(index, to: destination)
        }
        legs[index].held.toldAt = now
        legs[index].held.arm(at: now)
        wake(index)
    }

    /// Says that there is no cap, again as long as it may have been lost.
    private mutating func sayLifted(_ index: Int, to destination: Endpoint) {
        guard legs[index].held.liftingsLeft > 0,
            legs[index].sendBitrateLimit(HeldMedia.unlimited, to: destination, into: &transmits)
        else { return }
        legs[index].held.liftingsLeft &-= 1
    }

    /// Lets the leg's timer fire when something is to be told.
    @inline(__always)
    private mutating func wake(_ index: Int) {
        let dueAt = legs[index].held.dueAt
        if dueAt < legTimers[index] { legTimers.set(index, to: dueAt) }
    }

    /// Whether the partner can receive a channel of this leg.
    private func isReceived(_ channel: Channel, of index: Int, at now: MonotonicInstant) -> Bool {
        guard let pair = legs[index].pair else { return false }
        let side = legs[index].side
        let partner = pairs[pair].leg(side.other)
        return Gate.isOpen(pairs[pair].gates[side, channel])
            && (channel == .audio || legs[partner].hasVideo)
            && legs[partner].mayReceive(at: now, timeout: consentTimeout)
    }

    /// Whether the partner can receive what takes most of the bandwidth.
    private func isMainReceived(of index: Int, at now: MonotonicInstant) -> Bool {
        isReceived(legs[index].hasVideo ? .video : .audio, of: index, at: now)
    }

    private func isAnyReceived(of index: Int, at now: MonotonicInstant) -> Bool {
        isReceived(.audio, of: index, at: now) || isReceived(.video, of: index, at: now)
    }
}
