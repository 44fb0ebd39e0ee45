package import Attestation
import Foundation
import Logging
import Matchmaking
import MediaControl
import Policy
import RelayTypes
import Signalling

extension Switchboard {
    func freshNonce(for peer: Peer, re: MessageID?) async {
        let nonce = await verifier.issueNonce(for: peer.id, at: configuration.wallClock())
        peer.send(.nonce(nonce: nonce.nonce, expires: timestamp(nonce.expires)), re: re)
    }

    func attest(_ token: String, by peer: Peer, re: MessageID?) async {
        let date = configuration.wallClock()
        let result = await verifier.verify(token, from: peer.id, at: date)
        // The peer may have ended while the signature was checked: its proof ends with it.
        guard peers[peer.id] === peer else { return }
        switch withdrawn(result) {
        case .success(let attested):
            counts.attestations["accepted", default: 0] += 1
            let expires = media.now.advanced(bySeconds: configuration.bandLifetime)
            let proof = AgeProof(band: attested.band, expires: expires)
            let nonce = await verifier.issueNonce(for: peer.id, at: date)
            guard peers[peer.id] === peer else { return }
            guard isTrusted(attested.voucher) else {
                return peer.send(.error(code: .attestationInvalid, message: Self.withdrawnReason), re: re)
            }
            peer.proof = proof
            peer.voucher = attested.voucher
            due.add(.proofLapses(peer.id), at: expires)
            note(.attested(band: attested.band, issuer: attested.issuer), of: peer.id)
            peer.send(
                .age(
                    band: attested.band,
                    expires: timestamp(date.addingTimeInterval(Double(configuration.bandLifetime))),
                    nonce: nonce.nonce),
                re: re)
            proofChanged(peer)
        case .failure(let failure):
            let code: ErrorCode =
                switch failure.code {
                case .invalid: .attestationInvalid
                case .replayed: .attestationReplayed
                case .underage: .underage
                }
            counts.attestations[code.rawValue, default: 0] += 1
            peer.send(.error(code: code, message: failure.reason), re: re)
            defer {
                note(
                    .attestationRefused(code: code.rawValue, issuer: failure.issuer, reason: failure.reason),
                    of: peer.id)
            }
            // An issuer's word that a person is in no band outweighs an older word that they are.
            if failure.code == .underage, peer.proof != nil {
                peer.proof = nil
                peer.voucher = nil
                proofChanged(peer)
            }
        }
    }

    private static let withdrawnReason = "the issuer's word does not count any more"

    private func isTrusted(_ voucher: Voucher) -> Bool { trustedKeys?.contains(voucher) ?? true }

    /// A token may have been judged while its issuer or its key was taken out.
    private func withdrawn(
        _ result: Result<Attested, AttestationFailure>
    ) -> Result<Attested, AttestationFailure> {
        guard case .success(let attested) = result, !isTrusted(attested.voucher) else { return result }
        return .failure(AttestationFailure(.invalid, Self.withdrawnReason, issuer: attested.issuer))
    }

    /// Goes by these keys from now on: a proof that none of them stands for is void, and what it has opened shuts.
    ///
    /// - Returns: once every order that shuts has been queued; it waits for nothing.
    package func trust(_ keys: TrustedKeys) {
        trustedKeys = keys
        let void = peers.values
            .compactMap { peer in
                peer.proof == nil ? nil : peer.voucher.map { (peer: peer, voucher: $0) }
            }
            .filter { !keys.contains($0.voucher) }
        // None of them meets or sees anybody by the word that another of them still seems to have.
        for (peer, _) in void { (peer.proof, peer.voucher) = (nil, nil) }
        for (peer, _) in void { proofChanged(peer) }
        for (peer, voucher) in void {
            note(.proofWithdrawn(issuer: voucher.issuer), of: peer.id)
            peer.send(
                .notice(
                    code: "age_void",
                    message: "Your proof of age does not count any more. Please prove it again."))
        }
    }

    /// A proof has come, changed or gone: the pair is judged anew, and so is the place in the pool.
    private func proofChanged(_ peer: Peer) {
        if let pair = peer.pair { return judge(pair, .attested(pair.side(of: peer), peer.proof)) }
        guard peer.wantsPool, peer.link != nil else { return }
        let isProved = peer.isProved(at: media.now)
        if peer.isWaiting, Admission(unverified: unverifiedRule, isProved: isProved) == .pool {
            waitingRoom.move(peer.id, to: group(of: peer, at: media.now))
            return match()
        }
        leaveWaitingRoom(peer)
        advance(peer, answering: nil)
    }

    func proofMayHaveLapsed(_ id: PeerID) {
        guard let peer = peers[id], let proof = peer.proof, proof.expires <= media.now else { return }
        note(.proofLapsed, of: id)
        // The pair's own deadline shuts its gates. Alone, the peer is once more one who has proved nothing.
        guard peer.pair == nil else { return }
        proofChanged(peer)
    }
}
