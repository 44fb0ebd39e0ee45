import Matchmaking
import MediaControl
import Policy
import RelayTypes
import SDP
import Signalling

extension Switchboard {
    func join(_ request: JoinRequest, by peer: Peer, re: MessageID?) {
        if expelIfBanned(peer) { return }
        guard peer.pair == nil, peer.parting == nil else {
            return peer.send(
                .error(code: .badMessage, message: "join while paired; say next or leave first"), re: re)
        }
        if peer.isWaiting, let before = peer.request, before.media == request.media {
            waitingRoom.update(peer.id, interests: request.interests, languages: request.languages)
        } else {
            leaveWaitingRoom(peer)
        }
        note(.join, of: peer)
        peer.asks(at: media.now)
        peer.request = request
        peer.wantsPool = true
        note(.joined(media: request.media.rawValue), of: peer.id)
        advance(peer, answering: .some(re))
    }

    func leave(_ peer: Peer, re: MessageID?) {
        peer.parting = nil
        peer.wantsPool = false
        peer.asks(at: nil)
        leaveWaitingRoom(peer)
        guard let pair = peer.pair else {
            note(.leftPool, of: peer.id)
            return peer.send(.left, re: re)
        }
        carryOut(pair, .left(by: pair.side(of: peer))) { _ in peer.send(.left, re: re) }
    }

    /// Takes a peer as far towards a partner as it may go: offers a leg, enters the pool, looks for a match.
    ///
    /// - Parameter answering: the id to answer with `queued`; `nil` for no answer.
    func advance(_ peer: Peer, answering: MessageID??) {
        if isDraining, peer.wantsPool, peer.pair == nil { return sendAway(peer, re: answering ?? nil) }
        if peer.wantsPool, isDenied(peer) { return refuse(peer, re: answering ?? nil) }
        let now = media.now
        var offered: String?
        if peer.wantsPool, peer.pair == nil, peer.link != nil, let request = peer.request, mayEnter(peer) {
            let admission = Admission(unverified: unverifiedRule, isProved: peer.isProved(at: now))
            if request.media == .video, peer.leg == nil, peer.coming == nil, admission != .outside {
                guard openLeg(for: peer) else {
                    peer.wantsPool = false
                    return peer.send(
                        .error(
                            code: .unavailable,
                            message: "no room for another video connection; try again later"),
                        re: answering ?? nil)
                }
                offered = peer.leg?.offer
            }
            enterPool(peer)
        }
        if let re = answering { peer.send(.queued(waiting: waitingRoom.count), re: re) }
        if let offered {
            peer.send(.offer(sdp: offered, iceRestart: false))
            note(.offerSent(worker: Int(peer.leg?.slot.worker ?? 0)), of: peer.id)
        }
        if peer.isWaiting { match() }
    }

    /// Puts a peer into the pool, where it may be there and is not.
    func enterPool(_ peer: Peer) {
        let now = media.now
        guard peer.wantsPool, peer.pair == nil, peer.link != nil, let request = peer.request, !peer.isWaiting,
            peer.meeting == nil, peer.unsettledCuts == 0, mayEnter(peer),
            Admission(unverified: unverifiedRule, isProved: peer.isProved(at: now)) == .pool
        else { return }
        // Nobody is matched while a leg is on its way.
        guard request.media == .text || (peer.leg?.isConnected == true && peer.coming == nil) else { return }
        let since = peer.waitingSince ?? now
        waitingRoom.enter(seeker(peer, request, at: now), at: since)
        peer.waitingSince = since
        peer.isWaiting = true
        note(.queued(waiting: waitingRoom.count), of: peer.id)
    }

    /// Takes a peer out of the pool, and calls off the meeting that it was chosen for.
    func leaveWaitingRoom(_ peer: Peer) {
        peer.waitingSince = nil
        if let meeting = peer.meeting { callOff(meeting, leaving: peer) }
        guard peer.isWaiting else { return }
        waitingRoom.leave(peer.id)
        peer.isWaiting = false
    }

    var unverifiedRule: UnverifiedRule {
        switch configuration.policy.unverified {
        case .hold: .hold
        case .lobby: .lobby
        case .refuse: .refuse
        }
    }

    func group(of peer: Peer, at now: MonotonicInstant) -> MatchGroup {
        guard peer.isProved(at: now), let proof = peer.proof else { return .unverified }
        return .band(proof.band)
    }

    private func seeker(_ peer: Peer, _ request: JoinRequest, at now: MonotonicInstant) -> Seeker {
        Seeker(
            peer: peer.id, interests: request.interests, languages: request.languages,
            media: request.media == .video ? .video : .text,
            group: group(of: peer, at: now),
            worker: request.media == .video ? peer.leg?.slot.worker ?? 0 : 0,
            isFixed: peer.leg?.isFixed ?? false,
            avoid: peer.partners.avoid, identity: peer.identity)
    }
}
