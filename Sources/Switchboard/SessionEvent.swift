package import Hooks
package import MediaControl
package import RelayTypes

/// One thing that happens in a session's life: a closed set.
///
/// It holds no SDP, token, key, chat text or comment, and an address only as the operator wants addresses shown. Texts
/// of operators and libraries in it are at most ``mostText`` characters.
package enum SessionEvent: Sendable, Equatable {
    // MARK: One person

    /// A WebSocket has said `hello`, and is a new peer.
    case connected(from: String)
    case connectionLost
    case resumed
    /// Has asked for a partner, with `video` or `text`.
    case joined(media: String)
    case offerSent(worker: Int)
    case answerTaken
    /// The fault's name, never the line that is to blame.
    case answerRefused(fault: String)
    /// ICE and DTLS are done, and the keys are in place.
    case legUp
    /// What ICE and DTLS came to, as the worker sees it.
    case pathFound(LegPath)
    case addressMoved(to: String)
    /// `reached`: how far it had come; `nil` where the worker did not say.
    case legEnded(why: String, detail: String?, reached: LegSnapshot.State?)
    case legMoving(worker: Int)
    case legMoved(worker: Int)
    case legMoveFailed(why: String)
    case attested(band: Band, issuer: String)
    /// `issuer`: a configured one's name.
    case attestationRefused(code: String, issuer: String?, reason: String)
    case proofLapsed
    /// The issuer, or its key, was taken out of the configuration.
    case proofWithdrawn(issuer: String)
    case queued(waiting: Int)
    case leftPool
    case banned(BanID, decision: DecisionID, reason: String)
    case peerEnded(why: String)
    case decided(DecisionID, report: ReportID?, outcome: String, action: String)

    // MARK: Two people

    case matched(sharedInterests: Int, media: String)
    case accepted(by: Side)
    case gatesChanged([GateChange], because: GateCause)
    /// The first packet of one side has gone on to the other.
    case firstPacket(from: Side)
    /// Without the report's name where there were too many to write this one down.
    case reported(ReportID?, by: Side?, about: Side?, reason: String, source: String)
    case ordered(OrderNote)
    case cutInForce(why: String, microseconds: UInt64)
    case cutUnconfirmed(why: String)
    case pairEnded(EndReason)

    // MARK: The machine

    case workerStuck(worker: Int, legs: Int)
    case workerBack(worker: Int)
    case banLifted(BanID)
    case appealed(AppealID, decision: DecisionID)
    /// The operator's endpoint was asked: about one person, or two.
    case asked(HookDecisionKind, HookAnswer)
    /// No worker had room for the pair.
    case noPairSlot(worker: Int)

    /// Most characters of a text that is not ours.
    package static let mostText = 160
}

/// What ICE and DTLS came to.
package struct LegPath: Sendable, Equatable {
    /// As the operator wants addresses shown; `nil` before the first authenticated check.
    package var address: String?
    package var dtls: String?
    package var srtp: String?
    package var roundTripMilliseconds: Double?
}

/// An order of somebody who runs the service.
package struct OrderNote: Sendable, Equatable {
    /// `cut`, `hold` or `release`.
    package var action: String
    package var by: String
    package var reason: String
    /// `nil`: both sides.
    package var from: Side?
    /// `nil`: all channels.
    package var channel: Channel?
}

/// What has come to and gone from one gate.
package struct GateChange: Sendable, Equatable, BitwiseCopyable {
    /// Who sends through it.
    package var from: Side
    package var channel: Channel
    package var came: Holds
    package var went: Holds
    package var isOpen: Bool

    /// The gates that are not as they were.
    package static func between(_ before: PairGates, _ after: PairGates) -> [GateChange] {
        var changes: [GateChange] = []
        for side in Side.allCases {
            for channel in Channel.allCases where before[side, channel] != after[side, channel] {
                let (old, new) = (before[side, channel], after[side, channel])
                changes.append(
                    GateChange(
                        from: side, channel: channel, came: new.subtracting(old), went: old.subtracting(new),
                        isOpen: new.isEmpty))
            }
        }
        return changes
    }
}

/// Whose doing a change of gates is.
package enum GateCause: Sendable, Equatable {
    case matched
    case attested(Side)
    /// The issuer's later word, or the end of the proof's time.
    case proofVoid(Side)
    case proofLapsed
    case accepted(Side)
    case heldBy(operator: String)
    case releasedBy(operator: String)
    /// The operator's endpoint has allowed what it was asked, or not.
    case hook(allows: Bool)
    /// Reports about this side wait for somebody to look at them, or no longer do.
    case reports(about: Side, wait: Bool)
    case other

    /// A name for logs and events: a closed set.
    package var name: String {
        switch self {
        case .matched: "matched"
        case .attested: "attested"
        case .proofVoid: "proof_void"
        case .proofLapsed: "proof_lapsed"
        case .accepted: "accepted"
        case .heldBy: "operator_hold"
        case .releasedBy: "operator_release"
        case .reports(_, let wait): wait ? "reports_wait" : "reports_decided"
        case .hook(let allows): allows ? "hook_allows" : "hook_holds"
        case .other: "policy"
        }
    }

    /// Whose doing it is, where it is one side's.
    package var side: Side? {
        switch self {
        case .attested(let side), .proofVoid(let side), .accepted(let side), .reports(let side, _): side
        case .matched, .proofLapsed, .heldBy, .releasedBy, .hook, .other: nil
        }
    }
}
