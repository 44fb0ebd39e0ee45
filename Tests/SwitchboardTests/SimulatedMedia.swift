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
    }

    let workerCount = 1
    let legsPerWorker = 64
    let events: AsyncStream<MediaEvent>
    private let send: AsyncStream<MediaEvent>.Continuation
    private let state = Mutex(State())

    init() { (events, send) = AsyncStream.makeStream() }

    var now: MonotonicInstant { state.withLock { $0.now } }
    var orders: [MediaOrder] { state.withLock { $0.orders } }
    var fingerprint: CertificateFingerprint {
        CertificateFingerprint(algorithm: .sha256, digest: Array(repeating: 7, count: 32))
            ?? { preconditionFailure("32 bytes are a sha-256 digest") }()
    }

    func candidates(ofWorker worker: UInt16) -> [Endpoint] { [Endpoint(ipv4: 0x7f00_0001, port: 3_478)] }

    func credentials(for slot: LegSlot, using generator: inout some RandomNumberGenerator) -> ICECredentials {
        ICECredentials(
            usernameFragment: "server\(slot.index)x\(slot.generation)", password: "0123456789abcdefghijklmn")
    }

    func submit(_ order: MediaOrder, ticket: Ticket) -> Bool {
        state.withLock { state in
            state.orders.append(order)
            guard ticket != .none else { return }
            if case .inspect = order {
                let leg = LegSnapshot(
                    state: .connected, remote: Endpoint(ipv4: 0xc000_0201, port: 9), profile: .aeadAES128GCM,
                    dtlsVersion: "DTLSv1.2", roundTripMilliseconds: nil)
                send.yield(
                    .snapshot(
                        ticket,
                        PairSnapshot(tally: PairTally(), gates: PairGates(), first: leg, second: leg)))
            } else if state.answersAtOnce {
                send.yield(.inForce(ticket, at: state.now, tally: nil))
            } else {
                state.unanswered.append(ticket)
            }
        }
        return true
    }

    func counters() -> MediaCounters { MediaCounters() }

    // MARK: What a test does

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
