import Front
import Hooks
import RelayTestKit
import RelayTypes
import Signalling

@testable import Switchboard

/// A control plane that remembers what it was told, and says what a test wants.
final class StubControl: ControlPlane {
    struct State: Sendable {
        var links: [UInt64: any PeerLink] = [:]
        var frames: [ClientFrame] = []
        /// By connection: whether the goodbye was clean.
        var ended: [UInt64: Bool] = [:]
        var addresses: [String] = []
        var orders: [OrderSeen] = []
        var queries: [String] = []
        var isReady = true
        var bans: [BanOrder] = []
        var decisions: [DecisionOrder] = []
        var outside: [OutsideReport] = []
        /// Names of the operators who have acted.
        var operators: [String] = []
        var calls: [String] = []
        /// First wrong keys, and further ones.
        var refused: [Bool] = []
        var drainSeconds: UInt64?
        var subscribers: [EventQueue] = []
        /// The endpoint that is told of events; `nil`: none.
        var eventsURL: String? = "https://chat.example/hooks"
    }

    struct OrderSeen: Sendable, Equatable {
        var action: String
        var reason: String
        var from: String?
        var channel: String?
    }

    static let pair = PairID("pair-0123456789abcde")
    static let peers = [PeerID("peer-a"), PeerID("peer-b")]

    let state = Monitor(State())
    private let answer: @Sendable (ClientFrame, any PeerLink) -> Void

    init(answer: @escaping @Sendable (ClientFrame, any PeerLink) -> Void = { _, _ in }) {
        self.answer = answer
    }

    func connect(_ link: any PeerLink, address: String, port: UInt16) async -> ConnectionID {
        state.update { state in
            let number = UInt64(state.links.count + 1)
            state.links[number] = link
            state.addresses.append(address)
            return ConnectionID(number: number)
        }
    }

    func receive(_ frame: ClientFrame, from connection: ConnectionID) async {
        let link = state.update { state in
            state.frames.append(frame)
            return state.links[connection.number]
        }
        if let link { answer(frame, link) }
    }

    func disconnected(_ connection: ConnectionID, clean: Bool) async {
        state.update { $0.ended[connection.number] = clean }
    }

    func drain(within seconds: Int) async {
        for link in state.value.links.values {
            link.send(.draining(reconnect: true, within: seconds), re: nil)
            link.close(.draining, reason: "going")
        }
    }

    /// Waits until the first connection has ended, and tells how.
    func firstEnd() async -> Bool? {
        _ = await state.wait { $0.ended[1] != nil }
        return state.value.ended[1]
    }

    // MARK: Admin

    func ban(_ order: BanOrder, by who: Operator) async throws(AdminError) -> BanReport {
        guard Self.peers.contains(order.peer) else { throw .unknownPeer(order.peer) }
        state.update { $0.bans.append(order) }
        return Self.ban
    }

    func bans() async -> BanList { BanList(bans: [Self.ban]) }

    func liftBan(_ id: BanID, by who: Operator) async throws(AdminError) -> BanReport {
        guard id == Self.ban.ban else { throw .unknownBan(id) }
        return Self.ban
    }

    static let ban = BanReport(
        ban: BanID("ban-0123456789abcdef"), decision: DecisionID("decision-1"), peer: PeerID("peer-a"),
        since: "2027-01-15T00:00:00.000Z", until: nil, reason: "rule 3", facts: "what happened",
        on: ["address", "lineage"], inForceMicroseconds: 12)

    func status() async -> StatusReport {
        StatusReport(
            version: "test", uptimeSeconds: 1, workers: 1,
            perWorker: [WorkerStatus(worker: 0, legs: 2, pairs: 1, isStuck: false)], peers: 2, legs: 2,
            pairs: 1, waiting: 0,
            gates: ["open": 6], packetsPerSecond: 0)
    }

    func workers() async -> WorkerListView {
        WorkerListView(workers: [
            WorkerView(
                worker: 0, port: 3_478, legs: 2, capacity: 64, pairs: 1, busy: 0.25, packetsPerSecond: 40)
        ])
    }

    func pairs(hold: Holds?, peer: PeerID?, limit: Int, cursor: String?) async -> PairPage {
        let query = "\(hold?.names.joined() ?? "-") \(peer?.text ?? "-") \(limit) \(cursor ?? "-")"
        state.update { $0.queries.append(query) }
        let row = PairPage.Row(pair: Self.pair, since: "2026-01-01T00:00:00.000Z", peers: Self.peers)
        return PairPage(pairs: [row], cursor: nil)
    }

    func pair(_ id: PairID) async -> PairReport? {
        guard id == Self.pair else { return nil }
        return PairReport(pair: id, since: "2026-01-01T00:00:00.000Z", peers: Self.peerReports)
    }

    private static var peerReports: [PairReport.Peer] {
        peers.map { peer in
            PairReport.Peer(
                peer: peer, band: nil, gates: ["audio": [], "video": ["consent_self"], "chat": []],
                forwarded: .init(packets: 1, bytes: 100), dropped: ["held": 2], leg: nil)
        }
    }

    func order(_ order: OperatorOrder, by who: Operator) async throws(AdminError) -> OrderReceipt {
        guard order.pair == Self.pair else { throw .unknownPair(order.pair) }
        guard order.reason != "silent" else { throw .workerSilent }
        if let from = order.from, !Self.peers.contains(from) { throw .notOfThePair(from) }
        state.update {
            $0.operators.append(who.name)
            $0.orders.append(
                OrderSeen(
                    action: order.action.rawValue, reason: order.reason, from: order.from?.text,
                    channel: order.channel?.name))
        }
        return OrderReceipt(pair: order.pair, inForceMicroseconds: 12, peers: Self.peerReports)
    }

    func isReady() async -> ReadinessReport {
        let isReady = state.value.isReady
        return ReadinessReport(ready: isReady, problems: isReady ? [] : ["the disk is full"])
    }

    var policySummary: PolicySummary { PolicySummary(attestURL: "/dev/age") }

    func metrics() async -> MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        snapshot.peers = 2
        snapshot.workers = [WorkerStatus(worker: 0, legs: 2, pairs: 1, isStuck: true)]
        snapshot.droppedPackets = ["held": 7]
        snapshot.gates = ["video": ["consent_self": 2]]
        snapshot.hooks = Self.hooks
        snapshot.cutLatency = Durations(
            buckets: [.init(upperBound: 0.001, count: 3), .init(upperBound: .infinity, count: 4)])
        return snapshot
    }

    // MARK: Hooks

    static var hooks: HookStatus {
        var settings = HookSettings()
        settings.decisionsURL = "https://chat.example/ask"
        settings.decisions = [.release]
        var answers = HookFigures.Answers()
        answers.counts = [.answered: [.deny: 2], .timeout: [.allow: 3]]
        answers.buckets[10] = 4
        answers.buckets[11] = 5
        answers.sum = 1.5
        var figures = HookFigures()
        figures.answers = [.release: answers]
        figures.events = [.delivered: 7]
        var status = HookStatus(settings: settings.shown, figures: figures)
        status.isBreakerOpen = true
        status.waiting = 9
        status.oldestSeconds = 61.5
        return status
    }

    func hookStatus() async -> HookStatusView {
        var view = HookStatusView()
        view.events.url = state.value.eventsURL
        view.events.waiting = 3
        view.events.oldestSeconds = 12.5
        view.decisions.onError = "hold"
        view.decisions.breaker = "closed"
        view.decisions.answers = [HookStatusView.Answers(.release, in: Self.hooks.figures)]
        return view
    }

    func enableHooks(by who: Operator) async throws(AdminError) -> HookStatusView {
        guard state.value.eventsURL != nil else { throw .noEventsEndpoint }
        state.update { $0.operators.append(who.name) }
        return await hookStatus()
    }

    // MARK: Draining

    func drainReport() async -> DrainReport {
        let seconds = state.value.drainSeconds
        return DrainReport(
            draining: seconds != nil, deadline: seconds.map { Double($0) }, peers: 2, pairs: 1,
            stopping: false)
    }

    func startDrain(seconds: UInt64?, by who: Operator) async -> DrainReport {
        state.update {
            $0.drainSeconds = seconds ?? 600
            $0.operators.append(who.name)
        }
        return await drainReport()
    }

    func takeDrainBack(by who: Operator) async throws(AdminError) -> DrainReport {
        guard state.value.drainSeconds != 7 else { throw .stopping }
        state.update { $0.drainSeconds = nil }
        return await drainReport()
    }
}
