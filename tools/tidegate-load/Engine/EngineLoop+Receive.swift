internal import CLoadNet
internal import Histogram
internal import ReferenceTools
internal import RelayTestKit
internal import RelayTypes
internal import SRTP
internal import Wire

/// What comes in: told apart, decrypted, judged, counted.
extension EngineLoop {
    /// Datagrams that are taken from one socket before the next one has its turn.
    private static let mostRounds = 8

    mutating func receive(slot: Int) {
        guard memory.peers[slot].descriptor >= 0 else { return }
        for _ in 0..<Self.mostRounds {
            let count = Int(cloadnet_receive(memory.peers[slot].descriptor, inbound))
            guard count > 0 else { return }
            let read = cloadnet_monotonic()
            for place in 0..<count {
                let index = Int32(truncatingIfNeeded: place)
                let stamp = cloadnet_stamp(inbound, index)
                // Without a stamp, or when the clock that it is of was set, the time of reading is all there is: it
                // is never earlier than the truth, so it proves no leak.
                let isStamped = stamp != 0 && isClockSteady
                let arrival = isStamped ? min(stamp &- clockOffset, read) : read
                take(
                    slot, place: place, length: Int(cloadnet_length(inbound, index)), arrival: arrival,
                    isExact: isStamped && settings.isLocal)
                if memory.peers[slot].descriptor < 0 { return }
            }
            if count < Int(CLOADNET_BATCH) { return }
        }
        // The socket is told of once only: look again in the next turn.
        again.append(slot)
    }

    /// RFC 7983 §7, then RFC 5761 §4.
    mutating func take(_ slot: Int, place: Int, length: Int, arrival: UInt64, isExact: Bool) {
        if losesInbound(slot) { return }
        var span = slotSpan(inbound, place)
        guard length <= span.byteCount else { return }
        guard let kind = try? PacketKind(span.bytes.extracting(first: length)) else {
            tally.undecipherable &+= 1
            return
        }
        switch kind {
        case .stun: receiveSTUN(slot, span.bytes.extracting(first: length), at: arrival)
        case .dtls: receiveDTLS(slot, span.bytes.extracting(first: length), at: arrival)
        case .rtp:
            guard let session = sessions[slot] else { return }
            guard let plain = try? session.pointee.unprotectRTP(&span, length: length) else {
                tally.undecipherable &+= 1
                return
            }
            tally.receivedBytes &+= UInt64(length)
            receiveRTP(
                slot, span.bytes.extracting(first: plain),
                Arrival(receiver: memory.peers[slot].number, time: arrival, isExact: isExact))
        case .rtcp:
            guard let session = sessions[slot] else { return }
            guard let plain = try? session.pointee.unprotectRTCP(&span, length: length) else {
                tally.undecipherable &+= 1
                return
            }
            receiveRTCP(slot, span.bytes.extracting(first: plain), at: arrival)
        }
    }

    private mutating func receiveRTP(_ slot: Int, _ bytes: RawSpan, _ arrival: Arrival) {
        let peer = memory.peers + slot
        peer.pointee.receivedPackets &+= 1
        tally.receivedPackets &+= 1
        guard let header = try? RTPHeaderView(bytes, padding: .upToPayload) else {
            return count(.unmarked, slot)
        }
        let isRetransmission = header.payloadType == settings.format.rtxPayloadType
        let isSound = header.payloadType == settings.format.opusPayloadType
        let start = header.headerLength &+ (isRetransmission ? 2 : 0)
        let offset = start &+ (isSound ? MediaPlan.audioMarkOffset : MediaPlan.videoMarkOffset)
        note(slot, header.ssrc, header.sequenceNumber)
        noteTransport(slot, bytes, header, arrival.time)
        guard let mark = MediaMark(bytes, at: offset, run: settings.run) else {
            return count(.unmarked, slot)
        }
        if mark.kind == .unannounced {
            peer.pointee.unannouncedPackets &+= 1
            tally.unannouncedPackets &+= 1
        }
        var pair: UInt32
        let window: UInt32
        switch ledger.judge(mark, arrival) {
        case .leak(let leak): return count(leak, slot)
        case .doubtful: return waits.noteDoubtful(wait: arrival.time &- mark.sent, at: arrival.time)
        case .early(let number, let index):
            tally.earlyPackets &+= 1
            (pair, window) = (number, index)
        case .fine(let number, let index): (pair, window) = (number, index)
        }
        if mark.sentAgain == 0, arrival.time >= mark.sent {
            let delay = arrival.time &- mark.sent
            oneWayDelay.record(delay / 1_000)
            if delay > ledger.queueAllowance { waits.note(wait: delay, at: arrival.time) }
        }
        switch mark.kind {
        case .audio:
            track(&peer.pointee.audioMarks, mark, pair, window)
            if peer.pointee.soundPair != pair {
                peer.pointee.soundPair = pair
                peer.pointee.hasTransit = false
                events.add(.firstSound(PeerNumber(peer.pointee.number), pair: pair, at: arrival.time))
            }
            measureJitter(slot, header.timestamp, arrival.time)
        case .video:
            track(&peer.pointee.videoMarks, mark, pair, window)
            let number: UInt16? =
                isRetransmission
                ? (bytes.byteCount >= start ? bytes.uint16(at: header.headerLength) : nil)
                : header.sequenceNumber
            guard let number, bytes.byteCount > start else { return }
            let startsKeyFrame = VP8Descriptor.isKeyFrameStart(bytes.extracting(start..<bytes.byteCount))
            takePicture(
                slot, number, marker: header.marker, startsKeyFrame: startsKeyFrame, pair: pair,
                at: arrival.time)
        case .flood, .unannounced: break
        }
    }

    @inline(__always)
    private mutating func track(
        _ marks: inout MarkTrack, _ mark: MediaMark, _ pair: UInt32, _ window: UInt32
    ) {
        tally.lostPackets &+= marks.turn(sender: mark.sender, pair: pair, window: window)
        switch marks.note(mark.counter) {
        case .new: break
        case .late:
            if mark.sentAgain != 0 { tally.repairedPackets &+= 1 } else { tally.reorderedPackets &+= 1 }
        case .duplicate: tally.duplicatedPackets &+= 1
        }
    }

    private mutating func takePicture(
        _ slot: Int, _ sequenceNumber: UInt16, marker: Bool, startsKeyFrame: Bool, pair: UInt32,
        at time: UInt64
    ) {
        guard plan.hasVideo else { return }
        let peer = memory.peers + slot
        let picture = memory.pictures + slot
        if peer.pointee.pictureFrom != pair {
            peer.pointee.pictureFrom = pair
            picture.pointee.begin()
        }
        let number = picture.pointee.extended(sequenceNumber)
        let isWhole = picture.pointee.take(
            number, marker: marker, startsKeyFrame: startsKeyFrame, at: time)
        if isWhole, peer.pointee.picturePair != pair {
            peer.pointee.picturePair = pair
            events.add(.firstPicture(PeerNumber(peer.pointee.number), pair: pair, at: time))
        }
        if picture.pointee.missingCount > 0, !wheel.isArmed(slot, .missing) {
            wheel.arm(slot, .missing, at: time)
        }
        if picture.pointee.wantsKeyFrame(at: time) { askForKeyFrame(slot) }
    }

    private mutating func count(_ leak: Leak, _ slot: Int) {
        switch leak {
        case .held: memory.peers[slot].leaks[0] &+= 1
        case .afterCut: memory.peers[slot].leaks[1] &+= 1
        case .formerPartner: memory.peers[slot].leaks[2] &+= 1
        case .acrossBands: memory.peers[slot].leaks[3] &+= 1
        case .unmarked: memory.peers[slot].leaks[4] &+= 1
        }
    }

    /// Interarrival jitter (RFC 3550 §6.4.1 and A.8), in microseconds.
    private mutating func measureJitter(_ slot: Int, _ timestamp: UInt32, _ time: UInt64) {
        let peer = memory.peers + slot
        let transit = Int64(bitPattern: time / 1_000) &- Int64(timestamp) &* 1_000 / 48
        if peer.pointee.hasTransit {
            // What is far off is another beginning, or the timestamp has wrapped.
            let change = (transit &- peer.pointee.transit).magnitude
            if change < 10_000_000 {
                peer.pointee.jitter &+= (Int64(change) &- peer.pointee.jitter) / 16
                jitter.record(UInt64(max(0, peer.pointee.jitter)))
            }
        } else {
            peer.pointee.jitter = 0
        }
        peer.pointee.hasTransit = true
        peer.pointee.transit = transit
    }

    /// RFC 3550 A.3, as far as reports need it.
    private func note(_ slot: Int, _ ssrc: UInt32, _ sequenceNumber: UInt16) {
        let peer = memory.peers + slot
        let sources = peer.pointee.sources
        let place =
            ssrc == sources.audio ? 0 : ssrc == sources.video ? 1 : ssrc == sources.retransmission ? 2 : 3
        guard place < 3 else { return }
        var state = peer.pointee.receptions[place]
        if state.packets == 0 {
            state.ssrc = ssrc
            state.first = UInt32(sequenceNumber)
            state.highest = state.first
        } else {
            let step = Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: state.highest))
            if step > 0 { state.highest &+= UInt32(step) }
        }
        state.packets &+= 1
        peer.pointee.receptions[place] = state
    }

    /// Notes an arrival for the next feedback, in the order of the transport-wide numbers.
    private func noteTransport(
        _ slot: Int, _ bytes: RawSpan, _ header: borrowing RTPHeaderView, _ time: UInt64
    ) {
        let peer = memory.peers + slot
        guard peer.pointee.arrivals < PeerMemory.mostArrivals,
            let element = header.extensionElement(id: settings.format.transportWideExtension),
            element.length >= 2
        else { return }
        let number = bytes.uint16(at: element.offset)
        let arrivals = memory.arrivals + slot &* PeerMemory.mostArrivals
        var place = peer.pointee.arrivals
        while place > 0, Int16(bitPattern: number &- arrivals[place &- 1].sequenceNumber) <= 0 {
            if arrivals[place &- 1].sequenceNumber == number { return }
            arrivals[place] = arrivals[place &- 1]
            place &-= 1
        }
        arrivals[place] = TransportArrival(sequenceNumber: number, microseconds: time / 1_000)
        peer.pointee.arrivals &+= 1
    }

    /// Adds what the current stretches have lost to the tally, before they are forgotten.
    mutating func settle(_ slot: Int) {
        let peer = memory.peers + slot
        tally.lostPackets &+= peer.pointee.audioMarks.lost &+ peer.pointee.videoMarks.lost
        peer.pointee.audioMarks = MarkTrack()
        peer.pointee.videoMarks = MarkTrack()
    }

    private func losesInbound(_ slot: Int) -> Bool {
        guard let loss = settings.loss, memory.peers[slot].phase == .connected else { return false }
        return Double.random(in: 0..<100, using: &memory.peers[slot].inboundLoss) < loss.inboundPercent
    }
}
