import Logging
import Matchmaking
import MediaControl
import Policy
import RelayTypes
import Signalling

extension Switchboard {
    /// How long somebody is kept out of the pool for a partner whose leg is being moved, in seconds.
    static let meetingPatience: UInt64 = 5

    /// Brings the legs of two people to one worker, so that they can meet.
    ///
    /// A move, once offered, goes on to its end whatever becomes of the meeting: an answer to an offer that has been
    /// taken back could not be told from the answer to the next one.
    ///
    /// - Parameter isHeld: see ``Meeting/isHeld``.
    func arrange(
        _ first: Peer, _ second: Peer, sharedInterests: [String], by move: Move, isHeld: Bool = false
    ) {
        lastMeeting += 1
        let meeting = Meeting(
            number: lastMeeting, first: first, second: second, sharedInterests: sharedInterests,
            worker: move.worker, isHeld: isHeld)
        for peer in meeting.peers { peer.meeting = meeting }
        for peer in meeting.peers where move.peers.contains(peer.id) {
            guard startMove(of: peer, to: Int(move.worker)) else {
                // Or the two would be chosen again at once.
                peer.leg?.isFixed = true
                return callOff(meeting)
            }
        }
        due.add(
            .meeting(first.id, number: meeting.number),
            at: media.now.advanced(bySeconds: Self.meetingPatience))
    }

    /// Offers a leg on another worker; the one that is there stays until the other is up.
    private func startMove(of peer: Peer, to worker: Int) -> Bool {
        guard peer.coming == nil, openWorkers.contains(worker), let leg = makeLeg(for: peer, on: worker)
        else {
            return false
        }
        peer.coming = leg
        due.add(
            .moveTimeout(leg.slot, attempt: nil), at: media.now.advanced(bySeconds: configuration.legTimeout))
        note(.legMoving(worker: worker), of: peer.id)
        peer.send(.offer(sdp: leg.offer, iceRestart: false))
        return true
    }

    func moveConnected(_ peer: Peer) {
        guard var coming = peer.coming, case .answered(let re, _) = coming.state else { return }
        coming.state = .connected
        if let former = peer.leg { release(former.slot) }
        peer.leg = coming
        peer.coming = nil
        counts.legMoves["done", default: 0] += 1
        note(.legMoved(worker: Int(coming.slot.worker)), of: peer.id)
        noteLegUp(of: peer, on: coming.slot)
        peer.send(.connected, re: re)
        guard let meeting = peer.meeting else { return advance(peer, answering: nil) }
        guard meeting.isReady else { return }
        guard stillFits(meeting) else { return callOff(meeting) }
        for each in meeting.peers { each.meeting = nil }
        pair(
            meeting.first, meeting.second, sharedInterests: meeting.sharedInterests, at: media.now,
            isHeld: meeting.isHeld)
    }

    /// Much can have happened since the two were chosen.
    func stillFits(_ meeting: Meeting) -> Bool {
        let now = media.now
        return meeting.first.request?.media == meeting.second.request?.media
            && meeting.peers.allSatisfy { peer in
                peer.wantsPool && peer.link != nil && peer.unsettledCuts == 0 && isThere(peer)
                    && Admission(unverified: unverifiedRule, isProved: peer.isProved(at: now)) == .pool
            } && group(of: meeting.first, at: now) == group(of: meeting.second, at: now)
            && !meeting.first.partners.avoid.contains(meeting.second.id)
            && !meeting.second.partners.avoid.contains(meeting.first.id)
    }

    /// Whether a peer's media path, where it needs one, is up and stays where it is.
    private func isThere(_ peer: Peer) -> Bool {
        peer.request?.media == .text || (peer.leg?.isConnected == true && peer.coming == nil)
    }

    func moveTimedOut(_ slot: LegSlot, attempt: UInt64?) {
        guard let id = legOwners[slot], let peer = peers[id], let coming = peer.coming, coming.slot == slot
        else { return }
        // The answer has a time of its own.
        if case .answered(_, let current) = coming.state, current != attempt { return }
        count(legEnd: "timeout")
        noteLegTimeout(of: peer, on: slot)
        moveFailed(
            peer, "timeout", "no media connection within \(configuration.legTimeout) s", isPathAtFault: true)
    }

    /// Gives a move up: the peer goes on with the leg that it has.
    ///
    /// - Parameters:
    ///   - name: for metrics and logs.
    ///   - isPathAtFault: the browser cannot reach the other worker, so that it is not tried again.
    func moveFailed(_ peer: Peer, _ name: String, _ message: String, isPathAtFault: Bool) {
        guard let coming = peer.coming else { return }
        peer.coming = nil
        release(coming.slot)
        counts.legMoves["failed", default: 0] += 1
        note(.legMoveFailed(why: name), of: peer.id)
        let re: MessageID? = if case .answered(let re, _) = coming.state { re } else { nil }
        guard peer.leg != nil else { return legFailed(peer, message, re: re) }
        if isPathAtFault { peer.leg?.isFixed = true }
        if let meeting = peer.meeting { callOff(meeting) } else { enterPool(peer) }
        scheduleMatching()
        if peer.isWaiting {
            peer.send(.queued(waiting: waitingRoom.count), re: re)
        } else if let re {
            peer.send(.error(code: .unavailable, message: message), re: re)
        }
    }

    // MARK: Meetings

    func meetingIsLate(_ id: PeerID, number: UInt64) {
        guard let meeting = peers[id]?.meeting, meeting.number == number else { return }
        callOff(meeting)
    }

    /// Gives both back to the pool, as far as they may go there.
    ///
    /// Who is still being moved follows when that has ended.
    ///
    /// - Parameter leaving: the one who is not given back.
    func callOff(_ meeting: Meeting, leaving: Peer? = nil) {
        for peer in meeting.peers { peer.meeting = nil }
        for peer in meeting.peers where peer !== leaving { enterPool(peer) }
        scheduleMatching()
    }

    /// Matches at the next tick, for those who must not call ``match()`` from within it.
    func scheduleMatching() {
        let now = media.now
        guard nextMatching > now else { return }
        nextMatching = now
        due.add(.matching, at: now)
    }
}
