import Logging
import MediaControl
import RelayTypes
import SDP
import Signalling

extension Switchboard {
    /// Takes a place on the first worker that has room, and writes the offer.
    ///
    /// - Returns: `false` when no worker has room.
    func openLeg(for peer: Peer) -> Bool {
        guard let worker = openWorkers.first, let leg = makeLeg(for: peer, on: worker) else { return false }
        peer.leg = leg
        peer.offeredAt = media.now
        return true
    }

    /// Takes a place on a worker, and writes the offer.
    ///
    /// - Returns: `nil` when there is no room.
    func makeLeg(for peer: Peer, on worker: Int) -> Peer.Leg? {
        guard let place = legSlots[worker].take() else { return nil }
        let slot = LegSlot(worker: UInt16(worker), index: place.index, generation: place.generation)
        let credentials = media.credentials(for: slot, using: &random)
        let sources = freshSources()
        let canonicalName = randomText(characters: 16, using: &random)
        let opened = media.submit(
            .openLeg(
                slot, LegParameters(credentials: credentials, sources: sources, canonicalName: canonicalName)),
            ticket: .none)
        guard opened else {
            legSlots[worker].give(back: place.index)
            return nil
        }
        let offer = OfferWriter.write(
            OfferParameters(
                credentials: credentials, fingerprint: media.fingerprint,
                candidates: media.candidates(ofWorker: slot.worker), sources: sources,
                canonicalName: canonicalName, format: configuration.format,
                // RFC 8866 §5.2: a number below 2^63 - 1, so that every parser takes it.
                sessionID: UInt64.random(in: 1..<1 << 62, using: &random), sessionVersion: 1))
        legOwners[slot] = peer.id
        return Peer.Leg(slot: slot, offer: offer, state: .offered)
    }

    private func freshSources() -> OutboundSources {
        var numbers: Set<UInt32> = []
        while numbers.count < 3 { numbers.insert(UInt32.random(in: 1...UInt32.max, using: &random)) }
        let sorted = Array(numbers)
        return OutboundSources(audio: sorted[0], video: sorted[1], retransmission: sorted[2])
    }

    func answer(_ sdp: String, by peer: Peer, re: MessageID?) {
        let isMove = peer.coming != nil
        guard var leg = peer.coming ?? peer.leg, case .offered = leg.state else {
            return peer.send(.error(code: .badMessage, message: "answer without an open offer"), re: re)
        }
        let browser: BrowserAnswer
        do {
            browser = try AnswerReader.read(sdp, format: configuration.format)
        } catch {
            note(.answerRefused(fault: "\(error.reason)"), of: peer.id)
            return peer.send(.error(code: .badSDP, message: "\(error)"), re: re)
        }
        let parameters = BrowserParameters(
            usernameFragment: browser.credentials.usernameFragment, fingerprint: browser.fingerprint,
            hasVideo: browser.hasVideo)
        guard media.submit(.expectBrowser(leg.slot, parameters), ticket: .none) else {
            return peer.send(
                .error(code: .unavailable, message: "the server is busy; send the answer again"), re: re)
        }
        legAttempts += 1
        leg.state = .answered(re: re, attempt: legAttempts)
        if isMove { peer.coming = leg } else { peer.leg = leg }
        note(.answerTaken, of: peer.id)
        due.add(
            isMove
                ? .moveTimeout(leg.slot, attempt: legAttempts) : .legTimeout(peer.id, attempt: legAttempts),
            at: media.now.advanced(bySeconds: configuration.legTimeout))
    }

    func legConnected(_ slot: LegSlot) {
        guard let id = legOwners[slot], let peer = peers[id] else { return }
        if peer.coming?.slot == slot { return moveConnected(peer) }
        guard case .answered(let re, _) = peer.leg?.state else { return }
        peer.leg?.state = .connected
        if let offeredAt = peer.offeredAt {
            figures.joinToConnected.record(nanoseconds: media.now.nanoseconds(since: offeredAt))
        }
        peer.offeredAt = nil
        peer.send(.connected, re: re)
        noteLegUp(of: peer, on: slot)
        advance(peer, answering: nil)
    }

    func legTimedOut(_ id: PeerID, _ attempt: UInt64) {
        guard let peer = peers[id], case .answered(let re, attempt) = peer.leg?.state else { return }
        count(legEnd: "timeout")
        if let slot = peer.leg?.slot { noteLegTimeout(of: peer, on: slot) }
        legFailed(peer, "no media connection within \(configuration.legTimeout) s", re: re)
    }

    /// How long a closed media path waits for the WebSocket's goodbye, in milliseconds.
    ///
    /// A page that goes away closes the two in whichever order, and only the WebSocket tells `left` from `lost`. Nothing
    /// flows meanwhile.
    static let goodbyePatience: UInt64 = 500

    func legEnded(_ slot: LegSlot, _ end: LegEnd) {
        guard end == .closedByBrowser else { return legIsGone(slot, end) }
        due.add(.legGone(slot), at: media.now.advanced(byMilliseconds: Self.goodbyePatience))
    }

    func legIsGone(_ slot: LegSlot, _ end: LegEnd) {
        let message =
            switch end {
            case .fingerprintMismatch: "the certificate is not the one that the answer promised"
            case .noCommonProfile: "no SRTP protection profile in common"
            case .handshakeFailed: "the DTLS handshake failed"
            case .consentExpired: "the media connection was lost"
            case .closedByBrowser: "the media connection was closed"
            case .keysUsedUp: "the media connection needs new keys"
            }
        let detail: String? = if case .handshakeFailed(let text) = end { text.cutForJournal } else { nil }
        loseLeg(slot, because: end.name, message, detail: detail, isPathAtFault: true)
    }

    /// Ends a leg that is lost, and what depends on it.
    ///
    /// - Parameters:
    ///   - name: for metrics and logs.
    ///   - detail: the library's own words.
    ///   - isPathAtFault: a move to this place is not worth another try.
    func loseLeg(
        _ slot: LegSlot, because name: String, _ message: String, detail: String? = nil, isPathAtFault: Bool
    ) {
        guard let id = legOwners[slot], let peer = peers[id] else { return }
        count(legEnd: name)
        let ended = SessionEvent.legEnded(why: name, detail: detail, reached: nil)
        if peer.coming?.slot == slot {
            note(ended, of: id)
            return moveFailed(peer, name, message, isPathAtFault: isPathAtFault)
        }
        if let pair = peer.pair { part(pair, because: .lost(pair.side(of: peer))) }
        note(ended, of: id)
        if peer.coming != nil {
            // A page may give its old connection up as soon as it is offered another.
            release(slot)
            peer.leg = nil
            return
        }
        let re: MessageID? = if case .answered(let re, _) = peer.leg?.state { re } else { nil }
        legFailed(peer, message, re: re)
    }

    /// The peer is out of the pool; the next `join` or `next` brings a new offer.
    func legFailed(_ peer: Peer, _ message: String, re: MessageID?) {
        closeLeg(of: peer)
        leaveWaitingRoom(peer)
        peer.wantsPool = false
        peer.asks(at: nil)
        peer.send(.error(code: .legFailed, message: message), re: re)
    }

    func closeLeg(of peer: Peer) {
        for leg in [peer.leg, peer.coming] { if let leg { release(leg.slot) } }
        peer.leg = nil
        peer.coming = nil
    }

    /// Ends a leg on the packet path and frees its place.
    func release(_ slot: LegSlot) {
        legOwners[slot] = nil
        readDrops(of: slot)
        media.submit(.closeLeg(slot), ticket: .none)
        // Orders of one worker are carried out in order: the next tenant's comes after this one.
        legSlots[Int(slot.worker)].give(back: slot.index)
        // Somebody may be waiting for room to be moved to.
        if media.workerCount > 1 { scheduleMatching() }
    }

    func count(legEnd name: String) { counts.legsEnded[name, default: 0] += 1 }
}
