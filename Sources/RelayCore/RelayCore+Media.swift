internal import MediaControl
internal import RelayTypes
internal import SRTP
internal import Wire

/// The packet path: in place, without allocation, lock or log.
extension RelayCore {
    /// RTP: authenticate, ask the gate, renumber, protect for the partner.
    @inline(__always)
    internal mutating func relayMedia(
        _ slot: inout MutableRawSpan, length: Int, _ role: StreamRole?, from source: Endpoint,
        at now: MonotonicInstant
    ) -> RelayOutcome {
        guard let index = endpoints.leg(at: source) else { return drop(.unknownAddress) }
        guard legs[index].cipher != nil else { return drop(.noKeys, from: index) }

        // Read before authentication only to refuse: nothing is believed yet.
        guard length >= RTPHeaderView.fixedLength else { return drop(.rtpMalformed, from: index) }
        let ssrc = slot.bytes.uint32(at: 8)
        guard let role, role == .audio || legs[index].hasVideo, legs[index].inbound.admits(ssrc)
        else { return drop(.unexpectedStream, from: index) }

        let plain: Int
        do throws(SRTPError) {
            plain = try legs[index].cipher?.unprotectRTP(&slot, length: length) ?? 0
        } catch {
            return drop(Self.reason(error, malformed: .rtpMalformed), from: index)
        }
        switch legs[index].inbound.note(ssrc, as: role, slot.bytes.uint16(at: 2)) {
        case .current: break
        case .retired:
            guard let facts = PacketFacts(slot.bytes.extracting(0..<plain), role, format) else {
                return drop(.rtpMalformed, from: index)
            }
            return holdLate(facts, index, at: now)
        case .refused: return drop(.unexpectedStream, from: index)
        }
        followMedia(index, from: source, at: now)

        guard let pair = legs[index].pair else {
            return hold(slot.bytes.extracting(0..<plain), role, .noPair, index, at: now)
        }
        let side = legs[index].side
        guard let passage = Gate.passage(through: pairs[pair].gates[side, role.channel]) else {
            return hold(slot.bytes.extracting(0..<plain), role, .held, index, at: now)
        }
        return forward(&slot, length: plain, role, of: pair, from: side, passage, at: now)
    }

    /// The only way on for RTP: it takes a passage, which only the gate gives.
    @inline(__always)
    private mutating func forward(
        _ slot: inout MutableRawSpan, length: Int, _ role: StreamRole, of pair: Int, from side: Side,
        _ passage: consuming Gate.Passage, at now: MonotonicInstant
    ) -> RelayOutcome {
        let sender = pairs[pair].leg(side)
        let partner = pairs[pair].leg(side.other)
        guard role == .audio || legs[partner].hasVideo,
            legs[partner].mayReceive(at: now, timeout: consentTimeout),
            let destination = legs[partner].paths.selected
        else { return hold(slot.bytes.extracting(0..<length), role, .partnerNotReady, sender, at: now) }

        guard var facts = PacketFacts(slot.bytes.extracting(0..<length), role, format) else {
            return drop(.rtpMalformed, from: sender)
        }
        if role == .video {
            let isNeeded = pairs[pair].directions[side.index].splice.needsKeyFrame(facts.inbound)
            if isNeeded || pairs[pair].directions[side.index].awaitsKeyFrame {
                facts.findKeyFrame(in: slot.bytes.extracting(0..<length))
            }
            if isNeeded, !facts.inbound.isKeyFrameStart {
                pairs[pair].directions[side.index].awaitsKeyFrame = true
                requestKeyFrame(ofPair: pair, from: side, at: now)
            }
        }
        // Asked before anything changes: what is from before the numbering goes no further.
        if let number = facts.inbound.transportWideNumber {
            if legs[sender].ledger.hasForgotten(number) {
                pairs[pair].directions[side.index].splice.endTransportWide()
            } else if pairs[pair].directions[side.index].splice.isTransportWideActive
                ? legs[sender].ledger.image(of: number) == nil : legs[sender].ledger.isLate(number)
            {
                return holdLate(facts, sender, at: now)
            }
        }
        guard
            var placed = pairs[pair].directions[side.index].splice
                .place(facts.inbound, after: &legs[partner].outbound, at: now)
        else { return hold(facts, .beforeSplice, sender, at: now) }
        if let number = facts.inbound.transportWideNumber {
            guard let image = renumber(number, of: pair, from: side, at: now) else {
                return drop(.beforeSplice, from: sender)
            }
            placed.transportWideNumber = image
        }
        legs[sender].held.release(role)
        if legs[sender].held.isCapped { liftCap(sender, at: now) }
        if facts.inbound.isKeyFrameStart { pairs[pair].directions[side.index].awaitsKeyFrame = false }
        legs[partner].outbound.count(role, octets: facts.payloadLength)
        facts.write(placed, into: &slot)

        let protected: Int
        do throws(SRTPError) {
            protected = try legs[partner].cipher?.protectRTP(&slot, length: length) ?? 0
        } catch {
            endIfUsedUp(partner)
            return drop(.protectFailed, from: sender)
        }
        if !pairs[pair].directions[side.index].hasStarted { tellStart(of: pair, from: side, at: now) }
        countForwarded(protected, role.kind, of: pair, from: side, at: now)
        return .forward(length: protected, to: destination)
    }

    /// Once for each direction of a pair.
    @inline(never)
    private mutating func tellStart(of pair: Int, from side: Side, at now: MonotonicInstant) {
        pairs[pair].directions[side.index].hasStarted = true
        events.append(.started(pairs[pair].slot, from: side, at: now))
    }

    /// Gives a packet its transport-wide number towards the partner.
    @inline(__always)
    private mutating func renumber(
        _ number: UInt16, of pair: Int, from side: Side, at now: MonotonicInstant
    ) -> UInt16? {
        let sender = pairs[pair].leg(side)
        let partner = pairs[pair].leg(side.other)
        if !pairs[pair].directions[side.index].splice.isTransportWideActive {
            pairs[pair].directions[side.index].splice.beginTransportWide()
            legs[sender].ledger.begin(at: number, continuing: legs[partner].outbound.transportWide.highest)
            legs[sender].held.partnerToldAt = now
        }
        guard let image = legs[sender].ledger.image(of: number) else { return nil }
        legs[sender].ledger.forward(number, as: image, at: now)
        legs[partner].outbound.transportWide.note(image)
        return image
    }

    /// RTCP: authenticate, keep what the gates let through, speak of it in the partner's numbers, protect.
    internal mutating func relayFeedback(
        _ slot: inout MutableRawSpan, length: Int, from source: Endpoint, at now: MonotonicInstant
    ) -> RelayOutcome {
        guard let index = endpoints.leg(at: source) else { return drop(.unknownAddress) }
        guard legs[index].cipher != nil else { return drop(.noKeys, from: index) }
        guard length >= 8 else { return drop(.rtcpMalformed, from: index) }
        let ssrc = slot.bytes.uint32(at: 4)
        guard legs[index].inbound.admits(ssrc) else { return drop(.unexpectedStream, from: index) }

        let plain: Int
        do throws(SRTPError) {
            plain = try legs[index].cipher?.unprotectRTCP(&slot, length: length) ?? 0
        } catch {
            return drop(Self.reason(error, malformed: .rtcpMalformed), from: index)
        }
        legs[index].inbound.noteFeedback(from: ssrc)
        noteReports(slot.bytes.extracting(0..<plain), of: index, at: now)
        followMedia(index, from: source, at: now)
        endIfUsedUp(index)

        guard let pair = legs[index].pair else { return drop(.noPair, from: index) }
        let side = legs[index].side
        guard let passage = Gate.passage(through: pairs[pair].gates, feedbackFrom: side) else {
            return drop(.held, from: index)
        }
        return forward(slot.bytes.extracting(0..<plain), of: pair, from: side, passage, at: now)
    }

    /// The only way on for RTCP.
    private mutating func forward(
        _ compound: RawSpan, of pair: Int, from side: Side, _ passage: consuming Gate.FeedbackPassage,
        at now: MonotonicInstant
    ) -> RelayOutcome {
        let sender = pairs[pair].leg(side)
        let partner = pairs[pair].leg(side.other)
        guard legs[partner].mayReceive(at: now, timeout: consentTimeout),
            let destination = legs[partner].paths.selected
        else { return drop(.partnerNotReady, from: sender) }
        guard transmits.room > 0 else { return drop(.sendFailed, from: sender) }

        let context = feedbackContext(ofPair: pair, from: side, passage, at: now)
        let (outcome, translation) = legs[partner]
            .sendFeedback(compound, context, to: destination, into: &transmits, &arrivals, at: now)
        pairs[pair].directions[side.index].splice
            .noteReports(
                audio: translation.audioReport, video: translation.videoReport,
                retransmission: translation.retransmissionReport)
        endIfUsedUp(partner)
        if translation.containsKeyFrameRequest { legs[partner].keyFrameRequestedAt = now }
        if translation.limited > 0 {
            // Asked for too soon: the server sees to it when the time has come, unless a key frame passes before.
            pairs[pair].directions[side.other.index].awaitsKeyFrame = true
            requestKeyFrame(ofPair: pair, from: side.other, at: now)
        }
        switch outcome {
        case .dropped(let reason): return drop(reason, from: sender)
        case .sent(let length):
            countForwarded(length, .rtcp, of: pair, from: side, at: now)
            return .consumed
        }
    }

    @inline(__always)
    private mutating func countForwarded(
        _ length: Int, _ kind: TrafficKind, of pair: Int, from side: Side, at now: MonotonicInstant
    ) {
        let bytes = UInt64(truncatingIfNeeded: length)
        counters.forwarded.add(kind, bytes: length)
        pairs[pair].directions[side.index].forwardedPackets &+= 1
        pairs[pair].directions[side.index].forwardedBytes &+= bytes
        pairs[pair].directions[side.index].lastForwardedAt = now
    }

    /// Authenticated media from another known path moves the leg there.
    @inline(__always)
    private mutating func followMedia(_ index: Int, from source: Endpoint, at now: MonotonicInstant) {
        if legs[index].paths.media(from: source, at: now, timeout: consentTimeout) {
            legs[index].hasUntoldMove = true
            tellMove(index, at: now)
        }
    }

    private static func reason(_ error: SRTPError, malformed: DropReason) -> DropReason {
        switch error {
        case .unauthenticated: .srtpUnauthenticated
        case .replayed: .srtpReplayed
        case .malformed: malformed
        case .tooManyStreams: .unexpectedStream
        case .noRoom, .keyLimit, .library: .srtpUnauthenticated
        }
    }
}
