internal import CLoadCipher
internal import CLoadNet
internal import DTLS
internal import ReferenceTools
package import RelayTestKit
package import RelayTypes
internal import SRTP
internal import Synchronization

/// The media of thousands of simulated browsers, on a few threads of their own.
///
/// It knows nothing of signalling: whoever drives it hands it the server's offers, tells it who is whose partner, and
/// reads what became of it.
package final class LoadEngine: Sendable {
    /// What all peers share.
    package struct Configuration: Sendable {
        /// Threads that carry media; each has its own peers.
        package var threads = 1
        /// Most peers.
        package var peers: Int
        /// Most pairs in a run: whoever says next often needs many.
        package var pairs: Int
        package var shape = MediaShape()
        /// Whether ICE is done by libnice's full agent: slower, and not our code.
        package var usesFullICE = false
        /// Whether the server is on this machine.
        ///
        /// Then loopback candidates come first, and a packet's arrival is also when it left the server, so that what
        /// arrives after the server's word is a leak whenever it was sent.
        package var isLocal = true
        package var seed: UInt64
        package var format = MediaFormat()
        /// See ``PairLedger/queueAllowance``, in nanoseconds.
        package var queueAllowance: UInt64 = 100_000_000
        /// For tests: loses datagrams of connected peers, reproducibly for each peer.
        package var loss: LossyPath.Settings?
        /// For tests: how many of a peer's first packets ``LoadEngine/trace(of:)`` remembers.
        package var trace = 0

        package init(peers: Int, seed: UInt64) {
            self.peers = peers
            self.seed = seed
            pairs = max(4_096, peers &* 64)
        }
    }

    /// One thread and its way in.
    private struct Running: Sendable {
        let mailbox: EngineMailbox
        let thread: EngineThread
    }

    package let configuration: Configuration
    /// Who may hear whom, and since when.
    package let ledger: PairLedger

    private let certificate: DTLSCertificate
    private let fingerprint: CertificateFingerprint
    private let events: EventQueue
    private let running = Mutex<[Running]>([])
    private let ended = Mutex<Ended?>(nil)

    /// What is left when the threads have ended.
    private struct Ended: Sendable {
        var tally: EngineTally
        var records: [PeerRecord]
    }

    /// Gives libsrtp2 a faster AES-128-GCM for the whole process; before the first engine is made.
    package static func hastenCipher() throws(EngineError) {
        // The library must be up first, and is not to be started twice at once.
        let key = [UInt8](repeating: 0, count: 28)
        do throws(SRTPError) {
            _ = try LibSRTPSession(
                suite: .aeadAES128GCM, inbound: key.span.bytes, outbound: key.span.bytes)
        } catch {
            throw .security("\(error)")
        }
        let status = cloadcipher_install()
        guard status == 0 else { throw .security("libsrtp2 refuses its cipher: \(status)") }
    }

    package init(_ configuration: Configuration) throws(EngineError) {
        var configuration = configuration
        configuration.peers = max(1, configuration.peers)
        configuration.threads = min(max(1, configuration.threads), 64, configuration.peers)
        self.configuration = configuration
        ledger = PairLedger(
            capacity: configuration.pairs, peers: configuration.peers,
            queueAllowance: configuration.queueAllowance)
        events = EventQueue(most: max(65_536, configuration.peers &* 16))
        let certificate: DTLSCertificate
        let digest: [UInt8]
        do throws(DTLSError) {
            certificate = try DTLSCertificate.generated()
            digest = try certificate.fingerprint()
        } catch {
            throw .security("\(error)")
        }
        guard let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: digest) else {
            throw .security("no fingerprint")
        }
        self.certificate = certificate
        self.fingerprint = fingerprint
    }

    deinit { stop() }

    /// Starts the threads.
    ///
    /// Open files are raised to the hard limit first; where that is too few, the error says how many are needed.
    package func start() throws(EngineError) {
        try checkLimits()
        let threads = configuration.threads
        let settings = LoopSettings(
            slots: (configuration.peers &+ threads &- 1) / threads, peers: configuration.peers,
            plan: MediaPlan(configuration.shape), format: configuration.format, seed: configuration.seed,
            run: configuration.seed &* 0x9e37_79b9_7f4a_7c15 ^ 0x7469_6465_6761_7465,
            isLocal: configuration.isLocal, loss: configuration.loss, trace: configuration.trace)
        var started: [Running] = []
        do throws(EngineError) {
            for index in 0..<threads {
                let mailbox = try EngineMailbox()
                let loop = try EngineLoop(
                    index: index, settings: settings, ledger: ledger, mailbox: mailbox, events: events,
                    certificate: certificate)
                started.append(Running(mailbox: mailbox, thread: try EngineThread(loop)))
            }
        } catch {
            for one in started {
                one.mailbox.quit()
                one.thread.join()
            }
            throw error
        }
        running.withLock { $0 = started }
    }

    /// Ends the threads and closes every socket; what they have counted stays.
    package func stop() {
        let last = summary()
        let threads = running.withLock { running in
            defer { running = [] }
            return running
        }
        guard !threads.isEmpty else { return }
        ended.withLock { $0 = last }
        for one in threads { one.mailbox.quit() }
        for one in threads { one.thread.join() }
    }

    /// Opens a socket for a peer and answers the server's offer; ICE and DTLS begin at once.
    ///
    /// A later offer for the same peer replaces its transport.
    ///
    /// - Returns: the SDP answer.
    package func answer(_ offer: String, as peer: PeerNumber) throws(EngineError) -> String {
        guard Int(peer.value) < configuration.peers else { throw .tooManyPeers }
        let read: ServerOffer
        do throws(TestKitError) {
            read = try ServerOffer(offer)
        } catch {
            throw .badOffer("\(error)")
        }
        guard let server = candidate(of: read) else { throw .badOffer("no candidates") }
        var generator = SplitMix64(
            seed: configuration.seed &+ UInt64(peer.value) &* 0x9e37_79b9_7f4a_7c15)
        let sources = OutboundSources(
            audio: .random(in: 1...UInt32.max, using: &generator),
            video: .random(in: 1...UInt32.max, using: &generator),
            retransmission: .random(in: 1...UInt32.max, using: &generator))
        var credentials = Self.credentials(using: &generator)
        var agent: FullICEAgent?
        var descriptor: Int32 = -1
        if configuration.usesFullICE {
            let made = try makeAgent(for: peer, towards: server)
            credentials = made.credentials
            agent = made
        } else {
            descriptor = openSocket(to: server)
            guard descriptor >= 0 else {
                throw .system(what: "no UDP socket for peer \(peer.value)", errno: -descriptor)
            }
        }
        let setup = PeerSetup(
            number: peer.value, credentials: credentials, offer: read, server: server, sources: sources,
            descriptor: descriptor, agent: agent)
        guard post(.attach(slot: slot(of: peer), setup), to: peer) else {
            if descriptor >= 0 { cloadnet_close(descriptor) }
            agent?.stop()
            throw .system(what: "the engine is not running", errno: 0)
        }
        return ChromiumAnswer(
            credentials: credentials, fingerprint: fingerprint, sources: sources,
            format: configuration.format, hasVideo: configuration.shape.videoBitrate > 0,
            canonicalName: "load-\(peer.value)"
        )
        .text
    }

    /// Carried out by the peer's thread, in order.
    package func perform(_ command: EngineCommand, on peer: PeerNumber) {
        guard Int(peer.value) < configuration.peers else { return }
        post(.perform(slot: slot(of: peer), command), to: peer)
    }

    /// Everything that happens to peers since the last call, oldest first; never blocks.
    package func takeEvents() -> [EngineEvent] { events.take() }

    /// What one peer has been through so far.
    ///
    /// Waits for the peer's thread, for a turn of its loop: a millisecond.
    package func record(of peer: PeerNumber) -> PeerRecord {
        guard Int(peer.value) < configuration.peers else { return PeerRecord() }
        let slot = slot(of: peer)
        if let live = ask(of: peer, { $0.record(slot) }) { return live }
        let index = Int(peer.value)
        return ended.withLock { ended in
            guard let ended, index < ended.records.count else { return PeerRecord() }
            return ended.records[index]
        }
    }

    /// What all peers have been through so far.
    ///
    /// Waits for the threads, for a turn of their loops: a millisecond.
    package func tally() -> EngineTally {
        let mailboxes = running.withLock { $0.map(\.mailbox) }
        guard !mailboxes.isEmpty else { return ended.withLock { $0?.tally ?? EngineTally() } }
        let replies = mailboxes.map { mailbox in
            let reply = Reply<EngineTally>()
            mailbox.post(.inspect { loop in reply.give(loop.currentTally()) })
            return reply
        }
        var sum = EngineTally()
        for reply in replies { if let tally = reply.wait() { sum.add(tally) } }
        sum.leaks.merge(ledger.lateLeaks.counts) { $0 &+ $1 }
        sum.judgeDoubtful()
        sum.eventsLost = events.lost
        return sum
    }

    /// Forgets delays, jitter and lateness of before; the counts go on.
    package func measureAnew() {
        for mailbox in running.withLock({ $0.map(\.mailbox) }) { mailbox.post(.measureAnew) }
    }

    /// For tests: the first packets that a peer has sent.
    package func trace(of peer: PeerNumber) -> [SentPacket] {
        guard configuration.trace > 0, Int(peer.value) < configuration.peers else { return [] }
        let slot = slot(of: peer)
        return ask(of: peer) { $0.traces[slot] } ?? []
    }
}

extension LoadEngine {
    private func slot(of peer: PeerNumber) -> Int { Int(peer.value) / configuration.threads }

    @discardableResult
    private func post(_ order: ThreadOrder, to peer: PeerNumber) -> Bool {
        let index = Int(peer.value) % configuration.threads
        let mailbox = running.withLock { index < $0.count ? $0[index].mailbox : nil }
        mailbox?.post(order)
        return mailbox != nil
    }

    private func ask<Value: Sendable>(
        of peer: PeerNumber, _ question: @escaping @Sendable (borrowing EngineLoop) -> Value
    ) -> Value? {
        let reply = Reply<Value>()
        guard post(.inspect { loop in reply.give(question(loop)) }, to: peer) else { return nil }
        return reply.wait()
    }

    private func summary() -> Ended? {
        let mailboxes = running.withLock { $0.map(\.mailbox) }
        guard !mailboxes.isEmpty else { return nil }
        let replies = mailboxes.map { mailbox in
            let reply = Reply<[PeerRecord]>()
            mailbox.post(.inspect { loop in reply.give(loop.records()) })
            return reply
        }
        let records = replies.map { $0.wait() ?? [] }
        let all = (0..<configuration.peers)
            .map { peer in
                let (thread, slot) = (peer % mailboxes.count, peer / mailboxes.count)
                return slot < records[thread].count ? records[thread][slot] : PeerRecord()
            }
        return Ended(tally: tally(), records: all)
    }

    private func checkLimits() throws(EngineError) {
        let files = cloadnet_raise_files()
        // A full agent has its socket, its wake-up and its loop's.
        let needed = UInt64(configuration.peers &* (configuration.usesFullICE ? 6 : 1) &+ 256)
        guard files >= needed else {
            throw .system(
                what: "\(configuration.peers) peers need \(needed) open files, and the limit is \(files): "
                    + "raise it with 'ulimit -n \(needed)'", errno: 24)
        }
        let ports = Int(cloadnet_ephemeral_ports())
        guard ports == 0 || ports >= configuration.peers &+ 64 else {
            throw .system(
                what: "\(configuration.peers) peers need as many UDP ports, and the kernel gives \(ports): "
                    + "raise it with 'sysctl net.ipv4.ip_local_port_range=\"10000 65535\"'", errno: 98)
        }
    }

    /// The candidate that peers go to: on one machine a loopback one, where there is one.
    private func candidate(of offer: ServerOffer) -> Endpoint? {
        guard configuration.isLocal else { return offer.candidates.first }
        return offer.candidates.first { !$0.isIPv6 && $0.high >> 56 == 127 }
            ?? offer.candidates.first { $0.isIPv6 && $0.high == 0 && $0.low == 1 } ?? offer.candidates.first
    }

    private func makeAgent(
        for peer: PeerNumber, towards server: Endpoint
    ) throws(EngineError) -> FullICEAgent {
        let slot = slot(of: peer)
        let index = Int(peer.value) % configuration.threads
        guard let mailbox = running.withLock({ index < $0.count ? $0[index].mailbox : nil }) else {
            throw .system(what: "the engine is not running", errno: 0)
        }
        do throws(TestKitError) {
            return try FullICEAgent(
                controlling: true, localAddresses: [try localAddress(towards: server)],
                consentFreshness: true,
                handlers: .init(
                    datagram: { bytes in
                        mailbox.post(.datagram(bytes, cloadnet_monotonic()), slot: slot)
                    },
                    state: { state in
                        switch state {
                        case .connected, .ready: mailbox.post(.connected, slot: slot)
                        case .failed: mailbox.post(.failed, slot: slot)
                        case .disconnected, .gathering, .connecting: break
                        }
                    }))
        } catch {
            throw .system(what: "libnice has no agent for peer \(peer.value): \(error)", errno: 0)
        }
    }

    /// The address that this machine has towards the server.
    private func localAddress(towards server: Endpoint) throws(TestKitError) -> String {
        let descriptor = openSocket(to: server)
        guard descriptor >= 0 else { throw .system("connect", errno: -descriptor) }
        defer { cloadnet_close(descriptor) }
        let local = cloadnet_local(descriptor)
        return Endpoint(high: local.high, low: local.low, port: local.port, isIPv6: local.is_ipv6).address
    }

    /// base64url's `-` and `_` are no ice-chars (RFC 8839 §5.4); these are.
    private static func credentials(using generator: inout SplitMix64) -> ICECredentials {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        func text(_ characters: Int) -> String {
            String(
                decoding: (0..<characters).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] },
                as: UTF8.self)
        }
        return ICECredentials(usernameFragment: text(8), password: text(24))
    }
}

/// A simulated browser: 0 to ``LoadEngine/Configuration/peers`` - 1.
package struct PeerNumber: Hashable, Sendable, BitwiseCopyable {
    package let value: UInt32
    package init(_ value: UInt32) { self.value = value }
}

/// What a peer sends.
package struct MediaShape: Sendable {
    /// Milliseconds of sound in one packet: 20, 40 or 60 (RFC 7587 §7).
    package var packetTime = 20
    /// Bytes of an Opus payload, the mark included.
    package var audioBytes = 80
    /// Bits of video payload a second; 0 means audio only.
    package var videoBitrate = 1_000_000
    package var framesPerSecond = 30

    package init() {}
}
