import Hooks
import Logging
import Matchmaking
import MediaControl
import Policy
import RelayTypes
import Signalling

extension Switchboard {
    /// Joins everybody who can be matched now.
    func match() {
        let now = media.now
        if media.workerCount > 1 { waitingRoom.setOpen(Set(openWorkers.map { UInt16($0) })) }
        let matches = waitingRoom.matches(at: now)
        for id in matches.flatMap({ [$0.first, $0.second] }) { peers[id]?.isWaiting = false }
        for match in matches {
            guard let first = peers[match.first], let second = peers[match.second] else { continue }
            if asks(.match) {
                askToMeet(first, second, sharedInterests: match.sharedInterests, by: match.move)
            } else if let move = match.move {
                arrange(first, second, sharedInterests: match.sharedInterests, by: move)
            } else {
                pair(first, second, sharedInterests: match.sharedInterests, at: now)
            }
        }
        // One entry at a time, unless an earlier one is needed: or each call would leave one behind.
        if let deadline = waitingRoom.deadline, deadline < nextMatching {
            nextMatching = deadline
            due.add(.matching, at: deadline)
        }
    }

    /// Joins two whose legs live on one worker.
    ///
    /// - Parameter isHeld: see ``Meeting/isHeld``.
    func pair(
        _ first: Peer, _ second: Peer, sharedInterests: [String], at now: MonotonicInstant,
        isHeld: Bool = false
    ) {
        let isAtRisk = [Side.first: risk.holds(first), .second: risk.holds(second)]
        let questions = PairQuestions(
            match: isHeld ? .due : .settled, release: asks(.release) ? .due : .settled)
        var facts = PairFacts(
            matchedAt: now, first: .init(proof: first.proof, isAtRisk: isAtRisk[.first] ?? false),
            second: .init(proof: second.proof, isAtRisk: isAtRisk[.second] ?? false))
        facts.awaitsHook = questions.hold
        let policy = PairPolicy(facts, rules: rules)
        var slot: PairSlot?
        if let one = first.leg?.slot, let other = second.leg?.slot, first.request?.media == .video {
            guard let taken = takePairSlot(onWorker: one.worker) else {
                note(.noPairSlot(worker: Int(one.worker)), about: .server)
                return
            }
            media.submit(
                .pair(taken, first: one, second: other, gates: policy.outcome.gates), ticket: .none)
            slot = taken
        }
        let pair = LivePair(
            id: .random(using: &random), first: first, second: second, slot: slot,
            receipts: (
                randomText(characters: 32, using: &random), randomText(characters: 32, using: &random)
            ),
            sharedInterests: sharedInterests, startedAt: now, date: configuration.wallClock(), policy: policy,
            isAtRisk: isAtRisk, questions: questions)
        pairs[pair.id] = pair
        if let slot { pairsOnPath[slot] = pair.id }
        for side in Side.allCases {
            let peer = pair[side]
            peer.pair = pair
            peer.wantsPool = false
            peer.waitingSince = nil
            peer.lastPartner = pair[side.other].id
            peer.partners.met(pair[side.other].id)
            receipts[pair.receipt(of: side)] = (pair.id, side)
        }
        counts.matches += 1
        figures.matched(first, second, in: slot, at: now)
        noteMatch(of: pair)
        for side in Side.allCases {
            pair[side].send(pair.matchedMessage(for: side, at: now))
            pair[side].send(pair.gateMessage(for: side))
        }
        records.started(pair)
        noteMedia(of: pair)
        scheduleJudgement(of: pair, after: now)
        // The two may be of different bands after all: a proof can have come since they entered the pool.
        if policy.outcome.ending != nil { return judge(pair, .tick) }
        if isHeld { askAgain(.match, of: pair, after: nil) }
        askForRelease(of: pair)
    }

    private func takePairSlot(onWorker worker: UInt16) -> PairSlot? {
        guard let place = pairSlots[Int(worker)].take() else { return nil }
        return PairSlot(worker: worker, index: place.index, generation: place.generation)
    }

    func scheduleJudgement(of pair: LivePair, after now: MonotonicInstant) {
        if let deadline = pair.policy.deadline(after: now) { due.add(.pairPolicy(pair.id), at: deadline) }
    }

    // MARK: Gates

    /// Gives policy one fact, and carries out what it says.
    ///
    /// - Parameters:
    ///   - answering: whom to answer with `gate` even when nothing has changed, and with which id.
    ///   - who: the operator whose order it is.
    func judge(
        _ pair: LivePair, _ input: PairPolicy.Input, answering: (side: Side, re: MessageID?)? = nil,
        by who: Operator? = nil
    ) {
        let now = media.now
        let outcome = pair.policy.handle(input, at: now)
        if let ending = outcome.ending { return part(pair, because: ending) }
        scheduleJudgement(of: pair, after: now)
        let changes = GateChange.between(pair.gates, outcome.gates)
        let changed = !changes.isEmpty
        if changed {
            let event = SessionEvent.gatesChanged(changes, because: cause(of: input, in: pair, by: who))
            // A release is written down first and carried out second; what shuts is carried out first.
            let shuts = changes.contains { !$0.came.isEmpty }
            if !shuts { note(event, of: pair) }
            let before = pair.gates
            pair.gates = outcome.gates
            if let slot = pair.slot { order(outcome.gates, instead: before, of: slot, at: now) }
            if shuts { note(event, of: pair) }
        }
        for side in Side.allCases {
            if answering?.side == side {
                pair[side].send(pair.gateMessage(for: side), re: answering?.re)
            } else if changed {
                pair[side].send(pair.gateMessage(for: side))
            }
        }
        askForRelease(of: pair)
    }

    func accept(_ id: PairID, by peer: Peer, re: MessageID?) {
        if let parting = peer.parting, parting.pair == id { return peer.send(parting.gate, re: re) }
        guard let pair = peer.pair else {
            return peer.send(.error(code: .notPaired, message: "there is no partner"), re: re)
        }
        guard pair.id == id else {
            return peer.send(.error(code: .unknownPair, message: "the partner has changed"), re: re)
        }
        let side = pair.side(of: peer)
        note(.accepted(by: side), of: pair)
        judge(pair, .accepted(side), answering: (side, re))
    }

    func next(_ id: PairID?, block: Bool, by peer: Peer, re: MessageID?) {
        guard peer.request != nil else {
            return peer.send(.error(code: .notJoined, message: "join first"), re: re)
        }
        if let pair = peer.pair {
            if let id, id != pair.id {
                // The partner has changed while the message was under way: answered as things are.
                let side = pair.side(of: peer)
                peer.send(pair.matchedMessage(for: side, at: media.now), re: re)
                return peer.send(pair.gateMessage(for: side))
            }
            peer.asks(at: media.now)
            if block { keepApart(peer, pair[pair.side(of: peer).other]) }
            carryOut(pair, .next(by: pair.side(of: peer))) { _ in self.advance(peer, answering: .some(re)) }
            peer.parting = nil
            return
        } else if let id, let current = peer.parting?.pair ?? peer.lastPair?.id, id != current {
            return peer.send(.queued(waiting: waitingRoom.count), re: re)
        } else if block, let last = peer.lastPartner {
            peer.partners.block(last)
        }
        peer.parting = nil
        peer.wantsPool = true
        peer.asks(at: media.now)
        advance(peer, answering: .some(re))
    }

    func keepApart(_ one: Peer, _ other: Peer) {
        one.partners.block(other.id)
        other.partners.block(one.id)
    }
}
