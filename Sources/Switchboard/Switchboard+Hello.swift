import Attestation
import Foundation
import Logging
import MediaControl
import RelayTypes
import Signalling

extension Switchboard {
    func hello(token: String?, resume: String?, re: MessageID?, on connection: ConnectionID) async {
        let identity = await identity(of: token)
        let named = resume.flatMap { resumeTokens[$0] }
        let id = named ?? .random(using: &random)
        // Before anything changes: from here to `welcome` nothing else may be said on this connection.
        let nonce = await verifier.issueNonce(for: id, at: configuration.wallClock())

        // The connection, and the peer to be resumed, may have gone meanwhile.
        guard let link = connections[connection]?.link, connections[connection]?.peer == nil else {
            if named == nil { await verifier.forget(id) }
            return
        }
        if let refusal = refusal(of: identity, given: token) {
            if named == nil { await verifier.forget(id) }
            link.send(refusal, re: re)
            return link.close(.unauthorized, reason: "unauthorized")
        }
        let handles = BanHandles(
            identity: identity, lineage: ResumeToken.lineage(of: resume),
            connection: connections[connection]?.address,
            keys: configuration.banKeys)
        if let ban = banBook.ban(on: handles, at: configuration.wallClock()) {
            if named == nil { await verifier.forget(id) }
            return turnAway(link, ban, re: re)
        }
        if let named, let peer = peers[named], resume == peer.resumeToken {
            peer.handles.formUnion(handles)
            return self.resume(peer, on: connection, link: link, nonce: nonce.nonce, re: re)
        }
        if isDraining {
            await verifier.forget(id)
            return Self.sendElsewhere(link, re: re)
        }
        guard peers.count < configuration.maximumPeers else {
            let reason = "the server is full; try again later"
            await verifier.forget(id)
            link.send(.error(code: .unavailable, message: reason), re: re)
            return link.close(.draining, reason: reason)
        }
        // A token that was used up meanwhile makes a new peer, with a name of its own.
        guard named == nil else { return await hello(token: token, resume: nil, re: re, on: connection) }
        // Whoever shows an old resume token goes on in its lineage: what that can bring is a ban, and nothing else.
        let token = ResumeToken.fresh(after: resume, using: &random)
        let peer = Peer(
            id: id, resumeToken: token, handles: handles, avoidRecent: configuration.avoidRecent,
            arrivedAt: media.now, date: configuration.wallClock())
        peer.handles.add(.lineage, ResumeToken.lineage(of: token), keys: configuration.banKeys)
        peer.identity = identity
        peers[peer.id] = peer
        resumeTokens[peer.resumeToken] = peer.id
        attach(peer, to: connection, link: link)
        insight.journal.open(.peer(peer.id))
        note(.connected(from: shown(connections[connection]?.address ?? "")), of: peer.id)
        peer.send(welcome(peer, resumed: false, nonce: nonce.nonce), re: re)
        tellUntold(to: peer)
    }

    /// The error for a token that is missing or not valid; `nil` where the peer may come in.
    private func refusal(of identity: String?, given token: String?) -> ServerMessage? {
        guard identity == nil else { return nil }
        guard configuration.requiresIdentity || (configuration.identify != nil && token != nil) else {
            return nil
        }
        return .error(code: .unauthorized, message: "this server wants a valid token in hello")
    }

    private func identity(of token: String?) async -> String? {
        guard let identify = configuration.identify, let token else { return nil }
        return await identify(token, configuration.wallClock())
    }

    private func resume(
        _ peer: Peer, on connection: ConnectionID, link: any PeerLink, nonce: String, re: MessageID?
    ) {
        resumeTokens[peer.resumeToken] = nil
        peer.resumeToken = ResumeToken.fresh(after: peer.resumeToken, using: &random)
        resumeTokens[peer.resumeToken] = peer.id
        if let older = peer.connection {
            connections[older]?.peer = nil
            peer.link?.close(.superseded, reason: "resumed elsewhere")
        }
        peer.detachments += 1
        let missed = peer.missed
        peer.missed = []
        attach(peer, to: connection, link: link)
        note(.resumed, of: peer.id)
        peer.send(welcome(peer, resumed: true, nonce: nonce), re: re)
        for message in missed { peer.send(message) }
        tellUntold(to: peer)
        if let leg = peer.leg, case .offered = leg.state {
            peer.send(.offer(sdp: leg.offer, iceRestart: false))
        }
        if let coming = peer.coming, case .offered = coming.state {
            peer.send(.offer(sdp: coming.offer, iceRestart: false))
        }
        if let pair = peer.pair {
            peer.send(pair.matchedMessage(for: pair.side(of: peer), at: media.now))
            peer.send(pair.gateMessage(for: pair.side(of: peer)))
        } else if peer.wantsPool {
            advance(peer, answering: .some(nil))
        }
    }

    private func attach(_ peer: Peer, to connection: ConnectionID, link: any PeerLink) {
        connections[connection]?.peer = peer.id
        peer.connection = connection
        peer.link = link
        note(.hello, of: peer)
    }

    private func welcome(_ peer: Peer, resumed: Bool, nonce: String) -> ServerMessage {
        .welcome(
            .init(
                peer: peer.id, resume: peer.resumeToken, resumed: resumed, nonce: nonce,
                reportReasons: configuration.reportReasons, policy: configuration.policy,
                iceServers: configuration.iceServers))
    }

    func resumeWindowEnded(_ id: PeerID, _ detachment: UInt64) {
        guard let peer = peers[id], peer.link == nil, peer.detachments == detachment else { return }
        end(peer, because: .lost)
    }

    /// How a peer ends.
    enum PeerEnd: String { case left, lost, banned }

    /// Ends a peer: its pair, its place in the pool, its leg, its proof.
    func end(_ peer: Peer, because reason: PeerEnd) {
        if let pair = peer.pair {
            let side = pair.side(of: peer)
            part(pair, because: reason == .lost ? .lost(side) : .left(by: side))
        }
        leaveWaitingRoom(peer)
        closeLeg(of: peer)
        peers[peer.id] = nil
        pastPeers.set(peer.id, to: PastPeer(handles: peer.handles, trace: peer.trace), at: media.now)
        resumeTokens[peer.resumeToken] = nil
        if let connection = peer.connection { connections[connection]?.peer = nil }
        peer.connection = nil
        peer.link = nil
        let id = peer.id
        note(.peerEnded(why: reason.rawValue), of: id)
        insight.journal.end(.peer(id), at: media.now)
        Task { await verifier.forget(id) }
    }
}
