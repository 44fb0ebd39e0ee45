internal import CLoadNet
internal import DTLS
internal import ReferenceTools
internal import RelayTestKit
internal import RelayTypes
internal import SRTP
internal import STUNCodec

/// From an answer to media: ICE, then DTLS, then SRTP; and back.
extension EngineLoop {
    /// Until the first success; RFC 8445 §14.2 asks for at least 5 ms, Chromium waits 48 ms.
    private static let checkInterval: UInt64 = 50_000_000
    /// The longest wait between checks that nobody answers: thousands may wait for a server at once.
    private static let slowestCheck: UInt64 = 400_000_000
    /// The middle of RFC 7675 §5.1's 4 to 6 s.
    private static let consentInterval: UInt64 = 5_000_000_000
    /// RFC 7675 §5.1.
    private static let consentTimeout: UInt64 = 30_000_000_000
    /// How long a peer tries to connect at all.
    private static let patience: UInt64 = 20_000_000_000

    mutating func attach(_ slot: Int, _ setup: PeerSetup, at now: UInt64) {
        let old = memory.peers[slot]
        release(slot)
        var peer = Peer()
        var generator = SplitMix64(seed: settings.seed ^ UInt64(setup.number) &* 0x9e37_79b9)
        peer.number = setup.number
        peer.pair = old.pair
        (peer.sentPackets, peer.receivedPackets) = (old.sentPackets, old.receivedPackets)
        (peer.unannouncedPackets, peer.leaks) = (old.unannouncedPackets, old.leaks)
        peer.server = setup.server
        peer.descriptor = setup.descriptor
        peer.isFullICE = setup.agent != nil
        peer.sources = setup.offer.sources
        peer.startedAt = now
        func stream(_ ssrc: UInt32) -> Peer.Stream {
            Peer.Stream(
                ssrc: ssrc, sequenceNumber: UInt16(truncatingIfNeeded: generator.next()),
                timestamp: UInt32(truncatingIfNeeded: generator.next()))
        }
        peer.audio = stream(setup.sources.audio)
        peer.video = stream(setup.sources.video)
        peer.retransmission = stream(setup.sources.retransmission)
        // Counters go on, so that a mark is never used twice.
        (peer.audio.counter, peer.video.counter) = (old.audio.counter, old.video.counter)
        peer.transportSequence = UInt16(truncatingIfNeeded: generator.next())
        peer.pictureID = UInt16(truncatingIfNeeded: generator.next()) & 0x7fff
        peer.isSending = old.isSending
        peer.outboundLoss = SplitMix64(seed: (settings.loss?.seed ?? 0) ^ UInt64(setup.number))
        peer.inboundLoss = SplitMix64(seed: ~((settings.loss?.seed ?? 0) ^ UInt64(setup.number)))
        peer.generator = generator
        peer.phase = .checking
        memory.peers[slot] = peer
        if plan.hasVideo { memory.pictures[slot] = PictureTrack() }
        fingerprints.fill(slot, setup.offer.fingerprint)

        if let agent = setup.agent {
            agents.fill(slot, agent)
            do throws(TestKitError) {
                try agent.setRemote(credentials: setup.offer.credentials, candidates: [setup.server])
            } catch {
                fail(slot, "libnice: \(error)")
            }
            wheel.arm(slot, .ice, at: now &+ Self.patience)
            return
        }
        let watched = cloadnet_watch(poller, setup.descriptor, UInt32(truncatingIfNeeded: slot))
        guard watched == 0 else { return fail(slot, "epoll refused a socket (errno \(-watched))") }
        checkers.fill(
            slot,
            STUNClient(
                username: setup.offer.credentials.usernameFragment + ":" + setup.credentials.usernameFragment,
                password: setup.offer.credentials.password))
        checkConnectivity(slot, at: now)
    }

    /// Sends a binding request, and arms the timer for the next.
    mutating func checkConnectivity(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        switch peer.pointee.phase {
        case .empty, .closed: return
        case .checking:
            if now &- peer.pointee.startedAt >= Self.patience { return fail(slot, "ICE: no answer for 20 s") }
        case .waiting, .handshaking: break
        case .connected:
            if !peer.pointee.isFullICE, now &- peer.pointee.lastConsent >= Self.consentTimeout {
                return fail(slot, "no consent for 30 s (RFC 7675)")
            }
        }
        guard !peer.pointee.isFullICE else { return }
        sendCheck(slot)
        if peer.pointee.phase == .checking {
            let doubled = Self.checkInterval << UInt64(min(peer.pointee.checks, 3))
            peer.pointee.checks &+= 1
            wheel.arm(slot, .ice, at: now &+ min(doubled, Self.slowestCheck))
        } else {
            let jitter = UInt64.random(in: 80...120, using: &peer.pointee.generator)
            wheel.arm(slot, .ice, at: now &+ Self.consentInterval / 100 &* jitter)
        }
    }

    private mutating func sendCheck(_ slot: Int) {
        guard let checker = checkers[slot] else { return }
        let peer = memory.peers + slot
        // Regular nomination: USE-CANDIDATE once a check has succeeded (RFC 8445 §8.1.1).
        let check = STUNClient.Check(
            tieBreaker: UInt64(peer.pointee.number) &+ 1, useCandidate: peer.pointee.phase != .checking)
        var span = scratch(0)
        let length = checker.pointee.request(check, into: &span)
        if length > 0 { transmit(slot, 0, length) }
    }

    mutating func receiveSTUN(_ slot: Int, _ bytes: RawSpan, at now: UInt64) {
        guard let checker = checkers[slot] else { return }
        let peer = memory.peers + slot
        guard case .mapped = checker.pointee.receive(bytes) else { return }
        peer.pointee.lastConsent = now
        guard peer.pointee.phase == .checking else { return }
        becomeWritable(slot)
        checkConnectivity(slot, at: now)
    }

    mutating func becomeWritable(_ slot: Int) {
        memory.peers[slot].phase = .waiting
        waiting.append(slot)
    }

    mutating func startHandshake(_ slot: Int, at now: UInt64) {
        let association: DTLSAssociation
        do throws(DTLSError) {
            association = try DTLSAssociation(connecting: context)
        } catch {
            return fail(slot, "\(error)")
        }
        associations.fill(slot, association)
        memory.peers[slot].phase = .handshaking
        handshakes &+= 1
        flushHandshake(slot, at: now)
    }

    mutating func receiveDTLS(_ slot: Int, _ bytes: RawSpan, at now: UInt64) {
        guard let association = associations[slot] else { return }
        do throws(DTLSError) {
            switch try association.pointee.receive(bytes) {
            case .needsDatagram: break
            case .finished: if memory.peers[slot].phase == .handshaking { openSRTP(slot, at: now) }
            case .closed:
                let number = PeerNumber(memory.peers[slot].number)
                end(slot)
                events.add(.closedByServer(number))
                return
            }
        } catch {
            flushHandshake(slot, at: now)  // The alert.
            return fail(slot, "\(error)")
        }
        flushHandshake(slot, at: now)
    }

    mutating func handshakeTimedOut(_ slot: Int, at now: UInt64) {
        guard let association = associations[slot], memory.peers[slot].phase == .handshaking else { return }
        do throws(DTLSError) {
            try association.pointee.handleTimeout()
        } catch {
            return fail(slot, "\(error)")
        }
        flushHandshake(slot, at: now)
    }

    private mutating func flushHandshake(_ slot: Int, at now: UInt64) {
        guard let association = associations[slot] else { return }
        while true {
            var span = scratch(0)
            let length = association.pointee.nextDatagram(into: &span)
            guard length > 0 else { break }
            transmit(slot, 0, length)
        }
        if memory.peers[slot].phase == .handshaking, let left = association.pointee.retransmitDeadline() {
            wheel.arm(slot, .handshake, at: now &+ left &* 1_000)
        }
    }

    /// Checks who the server is (RFC 8122 §5), then takes the keys (RFC 5764 §4.2).
    private mutating func openSRTP(_ slot: Int, at now: UInt64) {
        guard let association = associations[slot], let expected = fingerprints[slot]?.pointee else { return }
        let algorithm: DTLSDigest =
            switch expected.algorithm {
            case .sha256: .sha256
            case .sha384: .sha384
            case .sha512: .sha512
            }
        guard association.pointee.peerCertificateDigest(algorithm) == expected.digest else {
            return fail(slot, "the server's certificate is not the one in its offer")
        }
        guard let suite = association.pointee.selectedProfile.flatMap(SRTPSuite.init(rawValue:)) else {
            return fail(slot, "no SRTP profile was chosen")
        }
        var keys = [UInt8](repeating: 0, count: suite.exportedLength)
        var span = keys.mutableSpan
        var bytes = span.mutableBytes
        do {
            try association.pointee.exportKeys(into: &bytes)
            sessions.fill(
                slot, try LibSRTPSession(suite: suite, exported: keys.span.bytes, isServer: false))
        } catch {
            return fail(slot, "\(error)")
        }
        wheel.disarm(slot, .handshake)
        let peer = memory.peers + slot
        leaveHandshake(slot)
        peer.pointee.phase = .connected
        peer.pointee.lastConsent = now
        // Peers that connect together must not all report together.
        let share = UInt64.random(in: 0..<1_000, using: &peer.pointee.generator)
        wheel.arm(slot, .feedback, at: now &+ plan.feedbackInterval &+ plan.feedbackInterval / 1_000 &* share)
        wheel.arm(slot, .report, at: now &+ plan.reportInterval / 1_000 &* (share / 2 &+ 250))
        events.add(.connected(PeerNumber(peer.pointee.number), at: now))
        if peer.pointee.isSending { startMedia(slot, at: now) }
    }

    private mutating func leaveHandshake(_ slot: Int) {
        if memory.peers[slot].phase == .handshaking { handshakes &-= 1 }
    }

    /// Tells that a peer's transport has ended, and gives back what it holds.
    mutating func fail(_ slot: Int, _ why: String) {
        let number = PeerNumber(memory.peers[slot].number)
        end(slot)
        events.add(.failed(number, why))
    }

    mutating func end(_ slot: Int) {
        release(slot)
        memory.peers[slot].phase = .closed
        memory.peers[slot].isSending = false
    }

    /// Gives back whatever a slot's transport holds.
    private mutating func release(_ slot: Int) {
        leaveHandshake(slot)
        memory.peers[slot].phase = .empty
        wheel.disarmAll(slot)
        if let agent = agents[slot]?.pointee {
            agent.stop()
            agents.clear(slot)
        }
        if memory.peers[slot].descriptor >= 0 { cloadnet_close(memory.peers[slot].descriptor) }
        memory.peers[slot].descriptor = -1
        settle(slot)
        sessions.clear(slot)
        associations.clear(slot)
        checkers.clear(slot)
        fingerprints.clear(slot)
    }

    /// Goes on from another local address; the server learns of it from the next check.
    mutating func changeAddress(_ slot: Int, at now: UInt64) {
        let peer = memory.peers + slot
        guard peer.pointee.descriptor >= 0 else { return }
        let fresh = openSocket(to: peer.pointee.server)
        guard fresh >= 0, cloadnet_watch(poller, fresh, UInt32(truncatingIfNeeded: slot)) == 0 else {
            if fresh >= 0 { cloadnet_close(fresh) }
            return
        }
        cloadnet_close(peer.pointee.descriptor)
        peer.pointee.descriptor = fresh
        checkConnectivity(slot, at: now)
    }

    mutating func close(_ slot: Int, at now: UInt64) {
        if let association = associations[slot] {
            association.pointee.close()
            flushHandshake(slot, at: now)
        }
        end(slot)
    }

    mutating func take(_ news: AgentNews, _ slot: Int, at now: UInt64) {
        guard agents[slot] != nil else { return }
        switch news {
        case .connected: if memory.peers[slot].phase == .checking { becomeWritable(slot) }
        case .failed: fail(slot, "ICE: libnice found no way to the server")
        case .datagram(let bytes, let time):
            let length = min(bytes.count, Int(CLOADNET_SLOT))
            cloadnet_slot(inbound, 0).update(from: bytes, count: length)
            take(slot, place: 0, length: length, arrival: time, isExact: false)
        }
    }
}

/// Opens a socket that is connected to the server.
///
/// - Returns: the descriptor, or -errno.
func openSocket(to server: Endpoint) -> Int32 {
    var address = cloadnet_address(
        high: server.high, low: server.low, port: server.port, is_ipv6: server.isIPv6)
    return cloadnet_open(&address)
}
