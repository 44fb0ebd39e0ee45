import Foundation
import Logging
import MediaControl
import RelayTypes
import Signalling
import Storage

/// Whether new people are taken, and how long those who are here may stay.
struct Departure {
    /// Seconds in which somebody whose pair has ended may still report it, before they are sent elsewhere.
    static let farewell: UInt64 = 30
    /// Seconds within which clients come back, elsewhere.
    static let comeBackWithin = 10
    /// Most people who are sent elsewhere at one tick, so that the workers' mailboxes take all that follows.
    static let mostAtOnce = 200

    enum Phase {
        case open
        /// `isFinal`: the process ends when nobody is left, and this is not taken back.
        case draining(until: MonotonicInstant, isFinal: Bool)
        /// Everybody has been told, and is being hung up.
        case closing
    }

    var phase = Phase.open
    /// Who waits until nobody is left.
    var waiting: [CheckedContinuation<Void, Never>] = []

    /// For `readyz`; `nil` while new people are taken.
    var problem: String? {
        switch phase {
        case .open: nil
        case .draining: "draining: nobody new is taken"
        case .closing: "the server is going down"
        }
    }
}

/// `GET /v1/drain`, and the answers to `POST` and `DELETE`.
package struct DrainReport: Sendable, Encodable, Equatable {
    package var draining: Bool
    /// Seconds from now after which pairs that are left are ended; absent while new people are taken.
    package var deadline: Double?
    package var peers: Int
    package var pairs: Int
    /// Whether the process ends when nobody is left.
    package var stopping: Bool

    package init(draining: Bool, deadline: Double?, peers: Int, pairs: Int, stopping: Bool) {
        self.draining = draining
        self.deadline = deadline
        self.peers = peers
        self.pairs = pairs
        self.stopping = stopping
    }
}

/// Letting people go without throwing anybody out of a conversation.
///
/// Nobody new is taken. Who waits for a partner is sent elsewhere at once, who asks for another partner when they ask.
/// Pairs go on, with reports, holds and cuts, until they end by themselves or at the deadline.
extension Switchboard {
    var isDraining: Bool { if case .open = departure.phase { false } else { true } }
    var isClosing: Bool { if case .closing = departure.phase { true } else { false } }

    package func drainReport() -> DrainReport {
        var report = DrainReport(
            draining: isDraining, deadline: nil, peers: peers.count, pairs: pairs.count, stopping: isClosing)
        if case .draining(let until, let isFinal) = departure.phase {
            let now = media.now
            report.deadline = until > now ? Double(until.nanoseconds(since: now)) / 1e9 : 0
            report.stopping = isFinal
        }
        return report
    }

    /// Takes nobody new from now on; said again, it sets another deadline.
    ///
    /// - Parameters:
    ///   - seconds: after which pairs are ended; `nil`: as configured.
    ///   - isFinal: the process ends when nobody is left. Then a deadline that was set before is not put off.
    package func startDrain(
        seconds: UInt64? = nil, isFinal: Bool = false, by who: Operator = .unnamed
    ) async -> DrainReport {
        guard !isClosing else { return drainReport() }
        var until = media.now.advanced(bySeconds: seconds ?? configuration.drainDeadline)
        var isFinal = isFinal
        if case .draining(let earlier, let wasFinal) = departure.phase {
            if isFinal, !wasFinal { until = min(until, earlier) }
            isFinal = isFinal || wasFinal
        }
        departure.phase = .draining(until: until, isFinal: isFinal)
        let report = drainReport()
        logger.notice(
            "draining",
            metadata: [
                "peers": "\(report.peers)", "pairs": "\(report.pairs)", "seconds": "\(report.deadline ?? 0)",
            ])
        seeOff(at: media.now)
        _ = await audit(
            .drainStarted, by: who,
            [
                "peers": "\(report.peers)", "pairs": "\(report.pairs)",
                "seconds": "\(Int((report.deadline ?? 0).rounded()))", "stopping": "\(isFinal)",
            ])
        return drainReport()
    }

    /// Takes new people again.
    package func takeDrainBack(by who: Operator = .unnamed) async throws(AdminError) -> DrainReport {
        switch departure.phase {
        case .open: return drainReport()
        case .closing, .draining(_, isFinal: true): throw .stopping
        case .draining: break
        }
        // What opens is written down first.
        _ = await audit(.drainTakenBack, by: who)
        // A signal may have come meanwhile.
        guard case .draining(_, isFinal: false) = departure.phase else { throw .stopping }
        departure.phase = .open
        logger.notice("drain taken back")
        return drainReport()
    }

    /// Returns when nobody is left of those who were here when the server began to drain.
    package func untilNobodyIsLeft() async {
        if isDraining, peers.isEmpty { return }
        await withCheckedContinuation { departure.waiting.append($0) }
    }

    /// Tells everybody that the server goes down, and hangs up.
    ///
    /// Nobody is let in, and nobody's return is waited for.
    package func drain(within seconds: Int) {
        departure.phase = .closing
        for connection in connections.values {
            connection.link.send(.draining(reconnect: true, within: seconds), re: nil)
            connection.link.close(.draining, reason: "the server is going down")
        }
    }

    /// Sends those elsewhere whom nothing keeps; at the deadline everybody.
    func seeOff(at now: MonotonicInstant) {
        guard case .draining(let until, _) = departure.phase else { return }
        let isOver = now >= until
        if isOver { for pair in Array(pairs.values) { part(pair, because: .draining) } }
        let leaving = peers.values.lazy.filter { self.mayLeave($0, isOver: isOver, at: now) }
            .prefix(Departure.mostAtOnce)
        for peer in Array(leaving) { sendAway(peer, re: nil) }
        guard peers.isEmpty else { return }
        let waiting = departure.waiting
        departure.waiting = []
        for continuation in waiting { continuation.resume() }
    }

    /// Whoever is in a pair stays, and whoever was in one a moment ago: they may want to report it.
    private func mayLeave(_ peer: Peer, isOver: Bool, at now: MonotonicInstant) -> Bool {
        guard peer.pair == nil, peer.unsettledCuts == 0 else { return false }
        if isOver || peer.wantsPool || peer.link == nil { return true }
        guard peer.parting == nil else { return false }
        guard let last = peer.lastPair else { return true }
        return now >= last.endedAt.advanced(bySeconds: Departure.farewell)
    }

    /// Ends a peer here, and tells its client to come back elsewhere.
    func sendAway(_ peer: Peer, re: MessageID?) {
        guard peers[peer.id] === peer else { return }
        if let link = peer.link { Self.sendElsewhere(link, re: re) }
        end(peer, because: .left)
    }

    static func sendElsewhere(_ link: any PeerLink, re: MessageID?) {
        link.send(.draining(reconnect: true, within: Departure.comeBackWithin), re: re)
        link.close(.draining, reason: "draining")
    }
}
