import Hooks
package import Logging
import MediaControl
package import RelayTypes

/// What a line of the log, and an item of `GET /v1/events`, say of an event.
extension SessionEvent {
    /// A name for filters: a closed set.
    package var name: String {
        switch self {
        case .connected: "connected"
        case .connectionLost: "connection_lost"
        case .resumed: "resumed"
        case .joined: "joined"
        case .offerSent: "offer_sent"
        case .answerTaken: "answer_taken"
        case .answerRefused: "answer_refused"
        case .legUp: "leg_up"
        case .pathFound: "path_found"
        case .addressMoved: "address_moved"
        case .legEnded: "leg_ended"
        case .legMoving: "leg_moving"
        case .legMoved: "leg_moved"
        case .legMoveFailed: "leg_move_failed"
        case .attested: "attested"
        case .attestationRefused: "attestation_refused"
        case .proofLapsed: "proof_lapsed"
        case .proofWithdrawn: "proof_withdrawn"
        case .queued: "queued"
        case .leftPool: "left_pool"
        case .banned: "banned"
        case .peerEnded: "peer_ended"
        case .decided: "decided"
        case .matched: "matched"
        case .accepted: "accepted"
        case .gatesChanged: "gates_changed"
        case .firstPacket: "first_packet"
        case .reported: "reported"
        case .ordered: "ordered"
        case .cutInForce: "cut_in_force"
        case .cutUnconfirmed: "cut_unconfirmed"
        case .pairEnded: "pair_ended"
        case .workerStuck: "worker_stuck"
        case .workerBack: "worker_back"
        case .banLifted: "ban_lifted"
        case .appealed: "appealed"
        case .asked: "asked"
        case .noPairSlot: "no_pair_slot"
        }
    }

    /// Every name, for whoever filters by it.
    package static let names: [String] = [
        "connected", "connection_lost", "resumed", "joined", "offer_sent", "answer_taken", "answer_refused",
        "leg_up", "path_found", "address_moved", "leg_ended", "leg_moving", "leg_moved", "leg_move_failed",
        "attested", "attestation_refused", "proof_lapsed", "proof_withdrawn", "queued", "left_pool", "banned",
        "peer_ended",
        "decided", "matched", "accepted", "gates_changed", "first_packet", "reported", "ordered",
        "cut_in_force", "cut_unconfirmed", "pair_ended", "worker_stuck", "worker_back", "ban_lifted",
        "appealed", "asked", "no_pair_slot",
    ]

    package var level: Logger.Level {
        switch self {
        case .workerStuck, .cutUnconfirmed, .noPairSlot: .error
        case .ordered, .banned, .banLifted, .decided, .appealed, .proofWithdrawn, .workerBack: .notice
        case .joined, .offerSent, .answerTaken, .queued, .leftPool, .accepted, .pathFound: .debug
        case .connected, .connectionLost, .resumed, .answerRefused, .legUp, .addressMoved, .legEnded,
            .legMoving, .legMoved, .legMoveFailed, .attested, .attestationRefused, .proofLapsed, .peerEnded,
            .matched, .gatesChanged, .firstPacket, .reported, .cutInForce, .pairEnded, .asked:
            .info
        }
    }

    /// What there is to say besides who it is about, in a fixed order.
    package func details(_ pair: (first: PeerID, second: PeerID)?) -> [(name: String, value: String)] {
        func who(_ side: Side) -> String {
            pair.map { side == .first ? $0.first.text : $0.second.text } ?? "-"
        }
        func given(_ members: (String, String?)...) -> [(name: String, value: String)] {
            members.compactMap { name, value in value.map { (name: name, value: $0) } }
        }
        switch self {
        case .connectionLost, .resumed, .answerTaken, .legUp, .proofLapsed, .leftPool: return []
        case .connected(let address): return given(("from", address))
        case .joined(let media): return given(("media", media))
        case .offerSent(let worker), .legMoving(let worker), .legMoved(let worker), .workerBack(let worker),
            .noPairSlot(let worker):
            return given(("worker", "\(worker)"))
        case .answerRefused(let fault): return given(("fault", fault))
        case .pathFound(let path):
            return given(
                ("address", path.address), ("dtls", path.dtls), ("srtp", path.srtp),
                ("rtt_ms", path.roundTripMilliseconds.map { "\(($0 * 10).rounded() / 10)" }))
        case .addressMoved(let address): return given(("to", address))
        case .legEnded(let why, let detail, let reached):
            return given(("why", why), ("detail", detail), ("reached", reached?.rawValue))
        case .legMoveFailed(let why): return given(("why", why))
        case .attested(let band, let issuer): return given(("band", band.text), ("issuer", issuer))
        case .proofWithdrawn(let issuer): return given(("issuer", issuer))
        case .attestationRefused(let code, let issuer, let reason):
            return given(("code", code), ("issuer", issuer), ("reason", reason))
        case .queued(let waiting): return given(("waiting", "\(waiting)"))
        case .banned(let ban, let decision, let reason):
            return given(("ban", ban.text), ("decision", decision.text), ("reason", reason))
        case .banLifted(let ban): return given(("ban", ban.text))
        case .peerEnded(let why): return given(("why", why))
        case .decided(let decision, let report, let outcome, let action):
            return given(
                ("decision", decision.text), ("report", report?.text), ("outcome", outcome),
                ("action", action))
        case .appealed(let appeal, let decision):
            return given(("appeal", appeal.text), ("decision", decision.text))
        case .asked(let kind, let answer):
            return given(
                ("question", kind.rawValue), ("answer", answer.decision.rawValue),
                ("basis", answer.basis.rawValue), ("reason", answer.reason?.cutForJournal),
                ("ms", "\(answer.milliseconds)"))
        case .matched(let shared, let media):
            return given(("media", media), ("shared_interests", "\(shared)"))
        case .accepted(let side): return given(("by", who(side)))
        case .gatesChanged(let changes, let cause):
            return given(
                ("because", cause.name), ("by", cause.operatorName ?? cause.side.map(who)),
                ("gates", Self.summary(changes, who)))
        case .firstPacket(let side): return given(("from", who(side)))
        case .reported(let report, let by, let about, let reason, let source):
            return given(
                ("report", report?.text), ("by", by.map(who)), ("about", about.map(who)), ("reason", reason),
                ("source", source))
        case .ordered(let order):
            return given(
                ("order", order.action), ("by", order.by), ("reason", order.reason),
                ("from", order.from.map(who)), ("channel", order.channel?.name))
        case .cutInForce(let why, let microseconds):
            return given(("why", why), ("us", "\(microseconds)"))
        case .cutUnconfirmed(let why): return given(("why", why))
        case .pairEnded(let reason):
            return given(("why", reason.name), ("by", reason.side.map(who)))
        case .workerStuck(let worker, let legs):
            return given(("worker", "\(worker)"), ("legs", "\(legs)"))
        }
    }

    /// For example `video of P: +consent_self -moderator`.
    private static func summary(_ changes: [GateChange], _ who: (Side) -> String) -> String {
        changes.map { change in
            let came = change.came.names.map { "+\($0)" }
            let went = change.went.names.map { "-\($0)" }
            return "\(change.channel.name) of \(who(change.from)): "
                + (came + went + (change.isOpen ? ["(open)"] : [])).joined(separator: " ")
        }
        .joined(separator: "; ")
    }
}

extension GateCause {
    /// The operator whose doing it is.
    var operatorName: String? {
        switch self {
        case .heldBy(let name), .releasedBy(let name): name
        case .matched, .attested, .proofVoid, .proofLapsed, .accepted, .reports, .hook, .other: nil
        }
    }
}

extension EndReason {
    /// Whose doing it is, where it is one side's.
    var side: Side? {
        switch self {
        case .next(let side), .left(let side), .lost(let side), .report(let side): side
        case .moderator, .policy, .differentBands, .draining: nil
        }
    }
}

extension String {
    /// As much of it as is kept in the journal, on one line.
    var cutForJournal: String {
        String(prefix(SessionEvent.mostText).map { $0.isNewline ? " " : $0 })
    }
}
