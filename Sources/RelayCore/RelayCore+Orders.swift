package import MediaControl
package import RelayTypes

/// Orders of the control plane. Each is acknowledged, and an order that names a former tenant touches nobody.
extension RelayCore {
    /// Carries out one order.
    ///
    /// - Precondition: nothing is queued from before that a gate could have let through: flush first.
    package mutating func apply(_ order: MediaOrder, ticket: Ticket, at now: MonotonicInstant) {
        guard order.worker == worker else { return refuse(ticket) }
        if capture.isActive { capture.begin(at: now) }
        defer { if capture.isActive { capture.finish() } }
        switch order {
        case .openLeg(let slot, let parameters):
            open(slot, parameters, ticket, at: now)
        case .expectBrowser(let slot, let browser):
            guard let index = index(of: slot), legs[index].state != .ended else { return refuse(ticket) }
            expect(browser, index, ticket, at: now)
        case .closeLeg(let slot):
            guard let index = index(of: slot) else { return refuse(ticket) }
            if let pair = legs[index].pair { _ = part(pair, at: now) }
            close(index)
            acknowledge(ticket, at: now)
        case .pair(let slot, let first, let second, let gates):
            join(slot, first, second, gates, ticket, at: now)
        case .setGates(let slot, let gates):
            guard let index = index(of: slot) else { return refuse(ticket) }
            set(gates, ofPair: index, at: now)
            acknowledge(ticket, at: now)
        case .part(let slot):
            guard let index = index(of: slot) else { return refuse(ticket) }
            acknowledge(ticket, at: now, tally: part(index, at: now))
        case .inspect(let slot):
            guard let index = index(of: slot) else { return refuse(ticket) }
            inspect(index, ticket)
        case .inspectLeg(let slot):
            guard let index = index(of: slot) else { return refuse(ticket) }
            events.append(.legSnapshot(ticket, legs[index].snapshot))
        case .survey: survey(ticket)
        case .capture(let slot, let request):
            guard let index = index(of: slot), beginCapture(request, ofPair: index) else {
                return refuse(ticket)
            }
            acknowledge(ticket, at: now)
        case .endCapture(let slot, let ring):
            guard let index = index(of: slot), capture.isInto(ring) else { return refuse(ticket) }
            endCapture(ofPair: index)
            acknowledge(ticket, at: now)
        }
    }

    private mutating func acknowledge(_ ticket: Ticket, at now: MonotonicInstant, tally: PairTally? = nil) {
        events.append(.inForce(ticket, at: now, tally: tally))
    }

    private mutating func refuse(_ ticket: Ticket) { events.append(.stale(ticket)) }

    internal func index(of slot: LegSlot) -> Int? {
        slot.worker == worker ? legs.index(of: slot.index, generation: slot.generation) : nil
    }

    internal func index(of slot: PairSlot) -> Int? {
        slot.worker == worker ? pairs.index(of: slot.index, generation: slot.generation) : nil
    }

    // MARK: Legs

    private mutating func open(
        _ slot: LegSlot, _ parameters: LegParameters, _ ticket: Ticket, at now: MonotonicInstant
    ) {
        let index = Int(slot.index)
        guard index < legs.capacity, !legs.isTaken(index) else { return refuse(ticket) }
        legs.insert(Leg(slot: slot, parameters: parameters), at: index, generation: slot.generation)
        legTimers.set(index, to: .never)
        acknowledge(ticket, at: now)
    }

    /// The browser has answered.
    ///
    /// Once its DTLS has begun, what was promised about it stands.
    private mutating func expect(
        _ browser: BrowserParameters, _ index: Int, _ ticket: Ticket, at now: MonotonicInstant
    ) {
        switch legs[index].state {
        case .waiting, .checked:
            legs[index].browser = browser
            legs[index].hasVideo = browser.hasVideo
        case .handshaking, .connected, .ended:
            guard legs[index].browser == browser else { return refuse(ticket) }
        }
        acknowledge(ticket, at: now)
    }

    /// Ends a leg, whatever its state.
    private mutating func close(_ index: Int) {
        sayGoodbye(index)
        forgetPaths(index)
        legTimers.set(index, to: .never)
        _ = legs.remove(at: index)
    }

    /// Says goodbye to browsers at the end, as many as there is room for.
    ///
    /// - Returns: whether some are left.
    package mutating func closeLegs() -> Bool {
        for index in 0..<pairs.capacity where pairs.isTaken(index) { free(index, at: nil) }
        for index in 0..<legs.capacity where legs.isTaken(index) {
            // close_notify is one datagram; a flight that still waits may be before it.
            guard transmits.room >= 32 else { return true }
            close(index)
        }
        return false
    }

    // MARK: Pairs

    private mutating func join(
        _ slot: PairSlot, _ first: LegSlot, _ second: LegSlot, _ gates: PairGates, _ ticket: Ticket,
        at now: MonotonicInstant
    ) {
        let index = Int(slot.index)
        guard index < pairs.capacity, !pairs.isTaken(index), let one = self.index(of: first),
            let other = self.index(of: second), one != other, legs[one].pair == nil, legs[other].pair == nil
        else { return refuse(ticket) }
        pairs.insert(Pair(slot: slot, first: one, second: other), at: index, generation: slot.generation)
        legs[one].pair = index
        legs[one].side = .first
        legs[one].partner = other
        legs[other].pair = index
        legs[other].side = .second
        legs[other].partner = one
        pairTimers.set(index, to: .never)
        set(gates, ofPair: index, at: now)
        acknowledge(ticket, at: now)
    }

    private mutating func set(_ gates: PairGates, ofPair index: Int, at now: MonotonicInstant) {
        pairs[index].set(gates)
        for sender in Side.allCases where pairs[index].directions[sender.index].awaitsKeyFrame {
            requestKeyFrame(ofPair: index, from: sender, at: now)
        }
        for sender in Side.allCases {
            liftCap(pairs[index].leg(sender), at: now)
            takeOver(pairs[index].leg(sender), at: now)
        }
    }

    /// Frees a pair; its legs live on.
    private mutating func part(_ index: Int, at now: MonotonicInstant) -> PairTally {
        let (first, second) = (pairs[index].first, pairs[index].second)
        let tally = pairs[index].tally
        free(index, at: now)
        takeOver(first, at: now)
        takeOver(second, at: now)
        return tally
    }

    private mutating func free(_ index: Int, at now: MonotonicInstant?) {
        endCapture(ofPair: index)
        let pair = pairs.remove(at: index)
        for leg in [pair.first, pair.second] {
            legs[leg].pair = nil
            legs[leg].held.partnerToldAt = nil
            legs[leg].sinceParted = now.map { SinceParted(at: $0, droppedPackets: 0) }
        }
        pairTimers.set(index, to: .never)
    }

    private mutating func inspect(_ index: Int, _ ticket: Ticket) {
        let snapshot = PairSnapshot(
            tally: pairs[index].tally, gates: pairs[index].gates, first: legs[pairs[index].first].snapshot,
            second: legs[pairs[index].second].snapshot)
        events.append(.snapshot(ticket, snapshot))
    }

    /// Allocates one list: for an operator who looks, not for packets.
    private mutating func survey(_ ticket: Ticket) {
        var list: [PairTraffic] = []
        list.reserveCapacity(pairs.count)
        for index in 0..<pairs.capacity where pairs.isTaken(index) { list.append(pairs[index].traffic) }
        events.append(.survey(ticket, list))
    }
}
