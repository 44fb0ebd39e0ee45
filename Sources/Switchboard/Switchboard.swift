package import Attestation
import Foundation
import Hooks
package import Logging
import Matchmaking
package import MediaControl
import Policy
import RelayTypes
package import Signalling
package import Storage
import Synchronization

/// The one actor that knows every peer and every pair of this machine, and joins the rooms together.
///
/// It decides nothing itself: `Policy` says what is held and what ends, `Matchmaking` who meets whom,
/// `Attestation` what a token proves. It carries that out: first towards the packet path, then towards the two
/// people, then towards the disk.
package actor Switchboard {
    /// One WebSocket.
    struct Connection {
        let link: any PeerLink
        /// Where it comes from, in numbers.
        let address: String
        let port: UInt16
        var peer: PeerID?
    }

    /// What falls due.
    enum Due {
        case resumeWindow(PeerID, detachment: UInt64)
        case legTimeout(PeerID, attempt: UInt64)
        /// `attempt`: the answer's; `nil` while there is none.
        case moveTimeout(LegSlot, attempt: UInt64?)
        case meeting(PeerID, number: UInt64)
        case proofLapses(PeerID)
        case legGone(LegSlot)
        case pairPolicy(PairID)
        case parting(PeerID, PairID)
        case matching
        case acknowledgement(Ticket)
        case pastPair(PairID)
        /// Somebody may be asked about again.
        case entrance(PeerID)
        case question(HookDecisionKind, PairID)
        case doctorLeg(LegSlot)
        case dropCount(LegSlot, since: MonotonicInstant)
        case captureIsOver(PairSlot, CaptureRing, number: UInt64)
    }

    var configuration: SwitchboardConfiguration {
        didSet { livePolicy.withLock { $0 = configuration.policy } }
    }
    /// Of ``configuration``, for whoever does not wait for the actor.
    private nonisolated let livePolicy: Mutex<PolicySummary>
    let media: any MediaPlane
    let verifier: AgeVerifier
    /// Whose proofs count since the last reload; `nil`: every proof that ``verifier`` takes.
    var trustedKeys: TrustedKeys?
    let logger: Logger
    let records: RecordKeeper
    /// Events for the operator's endpoint.
    let outbox: HookOutbox
    let startedAt: MonotonicInstant
    var rules: PolicyRules

    var random = SystemRandomNumberGenerator()
    var connections: [ConnectionID: Connection] = [:]
    var peers: [PeerID: Peer] = [:]
    var resumeTokens: [String: PeerID] = [:]
    var pairs: [PairID: LivePair] = [:]
    /// Those of ``pairs`` that are on the packet path.
    var pairsOnPath: [PairSlot: PairID] = [:]
    /// Pairs that ended in the last minutes.
    ///
    /// Older ones are found in the store, by receipt.
    var pastPairs: [PairID: PastPair] = [:]
    /// Which pair, and whose, a receipt is for: of ``pairs`` and ``pastPairs``.
    var receipts: [String: (pair: PairID, side: Side)] = [:]
    var waitingRoom: WaitingRoom
    var due = DeadlineQueue<Due>()
    /// When the earliest `.matching` is due.
    var nextMatching = MonotonicInstant.never
    var legOwners: [LegSlot: PeerID] = [:]
    var legSlots: [SlotAllocator]
    var pairSlots: [SlotAllocator]
    /// Of each worker.
    var watches: [WorkerWatch]
    var nextWatch = MonotonicInstant(nanoseconds: 0)
    var acknowledgements: [Ticket: (OrderOutcome) -> Void] = [:]
    var snapshots: [Ticket: CheckedContinuation<PairSnapshot?, Never>] = [:]
    var lastTicket: UInt64 = 0
    var lastConnection: UInt64 = 0
    var legAttempts: UInt64 = 0
    var lastMeeting: UInt64 = 0
    var departure = Departure()
    /// How often ``tick()`` has been called.
    var ticks: UInt64 = 0
    var banBook: BanBook
    var banSight = BanSight()
    /// Peers that have ended, so that they can still be reported and banned.
    var pastPeers: ExpiringTable<PeerID, PastPeer>
    /// What a late report tells of a pair.
    var pastEvidence: ExpiringTable<PairID, PairEvidence>
    var risk = RiskBook()
    /// Whether somebody has come into ``risk`` or gone since pairs were last judged by it.
    var riskIsStale = false
    var assessments = AssessmentQueue()
    var reportsOfPeer: ReportAllowance<PeerID>
    var reportsOfNetwork: ReportAllowance<BanMark>
    /// What people could not be told yet.
    var untold: UntoldBox
    var appealAllowance: ReportAllowance<String>
    var captures = CaptureBook()
    /// What is to be counted on a leg some time after a cut, for its proof.
    var dropCounts: [LegSlot: DropCount] = [:]
    /// Legs of nobody, by worker: at most one each.
    var doctorLegs: [Int: LegSlot] = [:]
    var counts = Counts()
    var figures: Figures
    var rate = PacketRate()
    var insight = Insight()

    package init(
        configuration: SwitchboardConfiguration, media: any MediaPlane, store: any ReportStore,
        verifier: AgeVerifier, logger: Logger
    ) {
        self.configuration = configuration
        livePolicy = Mutex(configuration.policy)
        self.media = media
        self.verifier = verifier
        self.logger = logger
        outbox = HookOutbox(hooks: configuration.hooks, logger: logger)
        records = RecordKeeper(
            store: store, outbox: outbox, logger: logger, capacity: configuration.maximumUnsavedReports,
            wallClock: configuration.wallClock)
        startedAt = media.now
        rules = Self.rules(configuration.policy)
        banBook = BanBook()
        figures = Figures(workers: media.workerCount)
        let window = configuration.receiptWindow
        pastPeers = ExpiringTable(lifetime: max(window, 86_400), capacity: 100_000)
        pastEvidence = ExpiringTable(lifetime: window, capacity: 100_000, costLimit: Self.mostEvidence)
        reportsOfPeer = ReportAllowance(perHour: configuration.reportsPerHour)
        reportsOfNetwork = ReportAllowance(perHour: configuration.reportsPerHourOfNetwork)
        untold = UntoldBox(lifetime: UInt64(max(configuration.policy.retentionDays, 1)) * 86_400)
        appealAllowance = ReportAllowance(perHour: Self.appealsPerHour)
        waitingRoom = WaitingRoom(
            matchWait: configuration.matchWait, avoidRecent: configuration.avoidRecent)
        legSlots = (0..<media.workerCount).map { _ in SlotAllocator(capacity: media.legsPerWorker) }
        watches = Array(repeating: WorkerWatch(), count: media.workerCount)
        pairSlots = (0..<media.workerCount).map { _ in SlotAllocator(capacity: media.legsPerWorker / 2) }
    }

    /// Most bytes of chat that are remembered of pairs that have ended.
    private static let mostEvidence = 64 * 1_024 * 1_024
    /// How often bans that others have written or lifted are looked for, in seconds.
    private static let banInterval = 1
    /// Appeals of one household in an hour.
    private static let appealsPerHour = 30

    package nonisolated var policySummary: PolicySummary { livePolicy.withLock { $0 } }

    /// Carries out what falls due and what workers tell, until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followMedia() }
            group.addTask { await self.keepRecords() }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.banInterval))
                    await self.followBans()
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    await self.tick()
                    try? await Task.sleep(for: .milliseconds(25))
                }
            }
            await group.waitForAll()
        }
    }

    /// Writes what outlives a pair, until the task is cancelled.
    package nonisolated func keepRecords() async {
        async let events: Void = outbox.run()
        await records.run()
        await events
    }

    private func followMedia() async {
        for await event in media.events {
            figures.eventsTaken += 1
            handle(event)
        }
    }

    /// Carries out everything that is due by now.
    package func tick() {
        let now = media.now
        ticks &+= 1
        rate.sample(media.counters().forwardedPackets, at: now)
        figures.sample(media, at: now)
        watchWorkers(at: now)
        judgeRisk()
        seeOff(at: now)
        pastPeers.forget(at: now)
        pastEvidence.forget(at: now)
        untold.forget(at: now)
        insight.journal.forget(at: now)
        while let item = due.take(at: now) {
            switch item {
            case .resumeWindow(let id, let detachment): resumeWindowEnded(id, detachment)
            case .legTimeout(let id, let attempt): legTimedOut(id, attempt)
            case .moveTimeout(let slot, let attempt): moveTimedOut(slot, attempt: attempt)
            case .meeting(let id, let number): meetingIsLate(id, number: number)
            case .proofLapses(let id): proofMayHaveLapsed(id)
            case .legGone(let slot): legIsGone(slot, .closedByBrowser)
            case .pairPolicy(let id): if let pair = pairs[id] { judge(pair, .tick) }
            case .parting(let id, let pair): announceParting(to: id, pair)
            case .matching:
                nextMatching = .never
                match()
            case .acknowledgement(let ticket): acknowledge(ticket, .silent)
            case .pastPair(let id): forgetPast(id)
            case .entrance(let id): entranceLapses(id)
            case .question(let kind, let id): questionIsDue(kind, of: id)
            case .doctorLeg(let slot): releaseDoctorLeg(slot)
            case .dropCount(let slot, let cutAt): readDrops(of: slot, since: cutAt)
            case .captureIsOver(let slot, let ring, let number): captureIsOver(slot, ring, number: number)
            }
        }
    }

    // MARK: Connections

    /// Takes a fresh WebSocket.
    package func connect(_ link: any PeerLink, address: String, port: UInt16 = 0) -> ConnectionID {
        lastConnection += 1
        let id = ConnectionID(number: lastConnection)
        connections[id] = Connection(link: link, address: address, port: port, peer: nil)
        return id
    }

    /// Takes one message.
    ///
    /// The caller gives the messages of one connection one after the other.
    package func receive(_ frame: ClientFrame, from connection: ConnectionID) async {
        let arrivedAt = media.now
        if case .hello(_, let token, let resume) = frame.message {
            return await hello(token: token, resume: resume, re: frame.id, on: connection)
        }
        if case .appeal(let decision, let comment) = frame.message {
            return await appeal(decision: decision, comment: comment, re: frame.id, on: connection)
        }
        guard let id = connections[connection]?.peer, let peer = peers[id], peer.connection == connection
        else {
            return
        }
        switch frame.message {
        case .hello, .appeal: break
        case .nonce: await freshNonce(for: peer, re: frame.id)
        case .attest(let token): await attest(token, by: peer, re: frame.id)
        case .join(let request): join(request, by: peer, re: frame.id)
        case .answer(let sdp): answer(sdp, by: peer, re: frame.id)
        case .accept(let pair): accept(pair, by: peer, re: frame.id)
        case .next(let pair, let block): next(pair, block: block, by: peer, re: frame.id)
        case .leave: leave(peer, re: frame.id)
        case .report(let request): await report(request, by: peer, re: frame.id, arrivedAt: arrivedAt)
        case .chat(let text, let pair): chat(text, pair: pair, by: peer, re: frame.id)
        case .typing(let on, let pair): typing(on, pair: pair, by: peer)
        }
    }

    /// A WebSocket is gone.
    ///
    /// - Parameter clean: the client closed it with 1000 or 1001.
    package func disconnected(_ connection: ConnectionID, clean: Bool) async {
        guard let id = connections.removeValue(forKey: connection)?.peer, let peer = peers[id],
            peer.connection == connection
        else { return }
        peer.connection = nil
        peer.link = nil
        if clean || isClosing || (isDraining && peer.pair == nil) { return end(peer, because: .left) }
        leaveWaitingRoom(peer)
        peer.detachments += 1
        due.add(
            .resumeWindow(id, detachment: peer.detachments),
            at: media.now.advanced(bySeconds: configuration.resumeWindow))
        note(.connectionLost, of: id)
    }
}
