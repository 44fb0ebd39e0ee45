import MediaControl
import RelayTypes
import Synchronization

/// A media plane without packets: it notes every order, acknowledges it when told to, and has a hand-turned clock.
final class SimulatedMedia: MediaPlane {
    private struct State {
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var orders: [MediaOrder] = []
        /// Orders whose acknowledgement a test holds back.
        var unanswered: [Ticket] = []
        var answersAtOnce = true
        var turns: [UInt16: UInt64] = [:]
        var loads: [UInt16: WorkerCounters] = [:]
        /// Workers that stand still, with the orders that wait for them.
        var stalled: [UInt16: [(MediaOrder, Ticket)]] = [:]
        /// What a snapshot tells.
        var tally = PairTally()
        var legState = LegSnapshot.State.connected
        var sinceParted: SinceParted?
    }

    let workerCount: Int
    let legsPerWorker: Int
    let events: AsyncStream<MediaEvent>
    private let send: AsyncStream<MediaEvent>.Continuation
    private let state = Mutex(State())

    init(workers: Int = 1, legs: Int = 64) {
        (workerCount, legsPerWorker) = (workers, legs)
        (events, send) = AsyncStream.makeStream()
    }

    var now: MonotonicInstant { state.withLock { $0.now } }
    var orders: [MediaOrder] { state.withLock { $0.orders } }
    var fingerprint: CertificateFingerprint {
        CertificateFingerprint(algorithm: .sha256, digest: Array(repeating: 7, count: 32))
            ?? { preconditionFailure("32 bytes are a sha-256 digest") }()
    }

    func candidates(ofWorker worker: UInt16) -> [Endpoint] {
        [Endpoint(ipv4: 0x7f00_0001, port: 3_478 + worker)]
    }

    func credentials(for slot: LegSlot, using generator: inout some RandomNumberGenerator) -> ICECredentials {
        ICECredentials(
            usernameFragment: "server\(slot.index)x\(slot.generation)", password: "0123456789abcdefghijklmn")
    }

    func submit(_ order: MediaOrder, ticket: Ticket) -> Bool {
        state.withLock { state in
            state.orders.append(order)
            if state.stalled[order.worker] != nil {
                state.stalled[order.worker]?.append((order, ticket))
            } else {
                answer(order, ticket, &state)
            }
        }
        return true
    }

    private func answer(_ order: MediaOrder, _ ticket: Ticket, _ state: inout State) {
        guard ticket != .none else { return }
        if case .survey(let worker) = order {
            let pairs = state.orders.compactMap { order -> PairTraffic? in
                guard case .pair(let slot, _, _, _) = order, slot.worker == worker else { return nil }
                return PairTraffic(slot: slot, first: (1, 100), second: (2, 200))
            }
            send.yield(.survey(ticket, pairs))
        } else if case .inspectLeg = order {
            send.yield(.legSnapshot(ticket, leg(state)))
        } else if case .inspect = order {
            let leg = leg(state)
            send.yield(
                .snapshot(
                    ticket,
                    PairSnapshot(tally: state.tally, gates: PairGates(), first: leg, second: leg)))
        } else if state.answersAtOnce {
            send.yield(.inForce(ticket, at: state.now, tally: nil))
        } else {
            state.unanswered.append(ticket)
        }
    }

    private func leg(_ state: State) -> LegSnapshot {
        LegSnapshot(
            state: state.legState, remote: Endpoint(ipv4: 0xc000_0201, port: 9), profile: .aeadAES128GCM,
            dtlsVersion: "DTLSv1.2", roundTripMilliseconds: nil, sinceParted: state.sinceParted)
    }

    /// A worker that runs makes a turn for each call; one that is stalled makes none.
    func turns(ofWorker worker: UInt16) -> UInt64 {
        state.withLock { state in
            if state.stalled[worker] == nil { state.turns[worker, default: 0] += 1 }
            return state.turns[worker, default: 0]
        }
    }

    func counters() -> MediaCounters { MediaCounters() }

    func load(ofWorker worker: UInt16) -> WorkerCounters {
        state.withLock { $0.loads[worker] ?? WorkerCounters() }
    }

    func set(_ load: WorkerCounters, ofWorker worker: UInt16) { state.withLock { $0.loads[worker] = load } }

    // MARK: What a test does

    func setTally(_ tally: PairTally) { state.withLock { $0.tally = tally } }
    func setSinceParted(_ since: SinceParted?) { state.withLock { $0.sinceParted = since } }
    func setLegState(_ legState: LegSnapshot.State) { state.withLock { $0.legState = legState } }

    func stall(worker: UInt16) { state.withLock { $0.stalled[worker] = [] } }

    /// A worker goes on: it carries out what has waited for it.
    func goOn(worker: UInt16) {
        state.withLock { state in
            for (order, ticket) in state.stalled.removeValue(forKey: worker) ?? [] {
                answer(order, ticket, &state)
            }
        }
    }

    func advance(milliseconds: UInt64) {
        state.withLock { $0.now = $0.now.advanced(byMilliseconds: milliseconds) }
    }

    func advance(seconds: UInt64) { state.withLock { $0.now = $0.now.advanced(bySeconds: seconds) } }

    func holdAnswers() { state.withLock { $0.answersAtOnce = false } }

    func answerAll() {
        state.withLock { state in
            state.answersAtOnce = true
            for ticket in state.unanswered { send.yield(.inForce(ticket, at: state.now, tally: nil)) }
            state.unanswered = []
        }
    }

    func emit(_ event: MediaEvent) { send.yield(event) }

    /// The slot of the latest leg that was opened.
    var lastLeg: LegSlot? {
        orders.reversed().lazy.compactMap { if case .openLeg(let slot, _) = $0 { slot } else { nil } }.first
    }

    /// The slot of the latest pair that was made.
    var lastPair: PairSlot? {
        orders.reversed().lazy.compactMap { if case .pair(let slot, _, _, _) = $0 { slot } else { nil } }
            .first
    }

    /// Legs that are open, by worker: opened and not closed since.
    var openLegs: [UInt16: Set<LegSlot>] {
        var open: [UInt16: Set<LegSlot>] = [:]
        for order in orders {
            switch order {
            case .openLeg(let slot, _): open[slot.worker, default: []].insert(slot)
            case .closeLeg(let slot): open[slot.worker]?.remove(slot)
            default: continue
            }
        }
        return open
    }

    /// The worker of each pair that was made, oldest first.
    var pairWorkers: [UInt16] {
        orders.compactMap { if case .pair(let slot, _, _, _) = $0 { slot.worker } else { nil } }
    }

    func count(_ isWanted: (MediaOrder) -> Bool) -> Int { orders.filter(isWanted).count }

    var parted: Int { count { if case .part = $0 { true } else { false } } }
    var offered: Int { count { if case .openLeg = $0 { true } else { false } } }

    /// What the latest order says of the gates of the latest pair; `nil` before any, and after a part.
    var gates: PairGates? {
        for order in orders.reversed() {
            switch order {
            case .setGates(_, let gates), .pair(_, _, _, let gates): return gates
            case .part: return nil
            default: continue
            }
        }
        return nil
    }
}
