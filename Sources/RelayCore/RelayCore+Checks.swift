internal import MediaControl
internal import RelayTypes
internal import STUNCodec
internal import Wire

/// ICE-lite: answers connectivity checks, learns addresses from them, and sees consent in them.
///
/// Source: RFC 8445 §2.5, §7.3; RFC 7675.
extension RelayCore {
    internal mutating func answerCheck(
        _ datagram: RawSpan, from source: Endpoint, at now: MonotonicInstant
    ) -> RelayOutcome {
        guard STUNServer.isBindingRequest(datagram),
            let fragment = STUNServer.localUsernameFragment(of: datagram)
        else { return drop(.stunMalformed) }
        guard let place = CredentialCodec.place(of: datagram.extracting(fragment)), place.worker == worker
        else {
            return drop(.stunUnauthenticated)
        }
        let index = Int(place.index)
        guard legs.isTaken(index), legs[index].state != .ended else { return drop(.stunUnauthenticated) }
        if isOthersPath(source, thanOf: index, at: now) { return drop(.stunUnauthenticated, from: index) }
        guard transmits.room > 0 else { return drop(.sendFailed, from: index) }

        switch legs[index].answer(datagram, from: source, with: &stun, into: &transmits) {
        case .success(_, let isNominated, _):
            learn(source, of: index, isNominated: isNominated, at: now)
            return .consumed
        case .refusal: return .consumed
        case .malformed: return drop(.stunMalformed, from: index)
        case .unauthenticated: return drop(.stunUnauthenticated, from: index)
        }
    }

    /// Whether the address belongs to another leg that was checked on it lately.
    private func isOthersPath(_ source: Endpoint, thanOf index: Int, at now: MonotonicInstant) -> Bool {
        guard let owner = endpoints.leg(at: source), owner != index, legs.isTaken(owner),
            let checkedAt = legs[owner].paths.checkedAt(source)
        else { return false }
        return now.nanoseconds(since: checkedAt) < Self.pathOwnership
    }

    /// An authenticated check came from here: an address, and consent.
    private mutating func learn(
        _ source: Endpoint, of index: Int, isNominated: Bool, at now: MonotonicInstant
    ) {
        let wasSelected = legs[index].paths.selected
        let change = legs[index].paths.check(from: source, isNominated: isNominated, at: now)
        if let evicted = change.evicted, endpoints.leg(at: evicted) == index { endpoints.remove(evicted) }
        if change.isNew || endpoints.leg(at: source) != index { endpoints.insert(source, leg: index) }
        if legs[index].state == .waiting { legs[index].state = .checked }
        if change.hasMoved, wasSelected != nil { legs[index].hasUntoldMove = true }
        tellMove(index, at: now)
        armLegTimer(index)
        endIfUsedUp(index)
    }

    /// Tells where a leg has moved, at most once in ``moveInterval``: a browser that jumps to and fro with
    /// every packet must not fill the queue of events.
    ///
    /// What was left out is told with its next check.
    internal mutating func tellMove(_ index: Int, at now: MonotonicInstant) {
        guard legs[index].hasUntoldMove, let selected = legs[index].paths.selected else { return }
        if let toldAt = legs[index].toldMoveAt, now.nanoseconds(since: toldAt) < Self.moveInterval { return }
        legs[index].hasUntoldMove = false
        legs[index].toldMoveAt = now
        events.append(.moved(legs[index].slot, selected))
    }

    /// Forgets every address of a leg.
    internal mutating func forgetPaths(_ index: Int) {
        for path in 0..<legs[index].paths.count {
            let endpoint = legs[index].paths[path].endpoint
            // It may have gone to another leg since.
            if endpoints.leg(at: endpoint) == index { endpoints.remove(endpoint) }
        }
    }

    // MARK: Timers

    internal mutating func armLegTimer(_ index: Int) {
        guard legs[index].state != .ended else { return legTimers.set(index, to: .never) }
        var deadline = min(legs[index].retransmitAt, legs[index].held.dueAt)
        if let consentedAt = legs[index].paths.consentedAt {
            deadline = min(deadline, consentedAt.advanced(byNanoseconds: consentTimeout))
        }
        legTimers.set(index, to: deadline)
    }

    internal mutating func fireLegTimer(_ index: Int, at now: MonotonicInstant) {
        guard legs.isTaken(index), legs[index].state != .ended else {
            return legTimers.set(index, to: .never)
        }
        if let consentedAt = legs[index].paths.consentedAt,
            now.nanoseconds(since: consentedAt) >= consentTimeout
        {
            // No goodbye: nothing is sent to an address that no longer consents (RFC 7675 §5.1).
            return end(index, .consentExpired)
        }
        if legs[index].retransmitAt <= now { repeatFlight(index, at: now) }
        if legs[index].held.dueAt <= now { tellHeld(index, at: now) }
        armLegTimer(index)
    }

    /// Ends a leg before its keys have protected more than they may (RFC 3711 §9.2); a new one has new keys.
    ///
    /// Asked with each check and each RTCP packet: until then the media cannot use up what is left.
    internal mutating func endIfUsedUp(_ index: Int) {
        guard let isUsedUp = legs[index].cipher?.isUsedUp, isUsedUp else { return }
        sayGoodbye(index)
        end(index, .keysUsedUp)
    }

    /// Ends a leg by itself: it keeps its slot until it is closed, and nothing else.
    internal mutating func end(_ index: Int, _ reason: LegEnd) {
        guard legs[index].state != .ended else { return }
        forgetPaths(index)
        legs[index].state = .ended
        legs[index].cipher = nil
        legs[index].association = nil
        legTimers.set(index, to: .never)
        events.append(.ended(legs[index].slot, reason))
    }
}
