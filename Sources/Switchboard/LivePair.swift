import Foundation
import MediaControl
import Policy
import RelayTypes
import Signalling

/// Two matched peers, while they are.
///
/// Belongs to the Switchboard alone.
final class LivePair {
    let id: PairID
    let first: Peer
    let second: Peer
    /// `nil` for a text pair.
    let slot: PairSlot?
    let firstReceipt: String
    let secondReceipt: String
    let sharedInterests: [String]
    var evidence: PairEvidence
    let startedAt: MonotonicInstant
    let startedAtDate: Date
    var policy: PairPolicy
    /// What the policy knows of reports about the two.
    var isAtRisk: [Side: Bool]
    /// What the operator's endpoint is asked about the two.
    var questions: PairQuestions
    /// Messages that it is being asked about.
    var unanswered = UnansweredLines()
    /// What both have been told, and the worker ordered.
    var gates: PairGates

    init(
        id: PairID, first: Peer, second: Peer, slot: PairSlot?, receipts: (first: String, second: String),
        sharedInterests: [String], startedAt: MonotonicInstant, date: Date, policy: PairPolicy,
        isAtRisk: [Side: Bool] = [:], questions: PairQuestions = PairQuestions()
    ) {
        self.id = id
        self.first = first
        self.second = second
        self.slot = slot
        firstReceipt = receipts.first
        secondReceipt = receipts.second
        self.sharedInterests = sharedInterests
        evidence = PairEvidence(
            sharedInterests: sharedInterests, bands: (first.proof?.band, second.proof?.band))
        self.startedAt = startedAt
        startedAtDate = date
        self.policy = policy
        self.isAtRisk = isAtRisk
        self.questions = questions
        gates = policy.outcome.gates
    }

    subscript(side: Side) -> Peer { side == .first ? first : second }

    func side(of peer: Peer) -> Side { peer === first ? .first : .second }

    func receipt(of side: Side) -> String { side == .first ? firstReceipt : secondReceipt }

    /// What `side` is told of the gates: its own words for both directions.
    func gateMessage(for side: Side) -> ServerMessage {
        let out = { (channel: Channel) in self.gates[side, channel] }
        let `in` = { (channel: Channel) in self.gates[side.other, channel].swapped }
        return .gate(
            pair: id,
            inbound: .init(audio: `in`(.audio), video: `in`(.video), chat: `in`(.chat)),
            outbound: .init(audio: out(.audio), video: out(.video), chat: out(.chat)))
    }

    /// What `side` is told of the match.
    func matchedMessage(for side: Side, at now: MonotonicInstant) -> ServerMessage {
        let (me, partner) = (self[side], self[side.other])
        let sameBand =
            me.isProved(at: now) && partner.isProved(at: now) && me.proof?.band == partner.proof?.band
        return .matched(
            .init(
                pair: id, receipt: receipt(of: side), sharedInterests: sharedInterests,
                partnerBand: sameBand ? me.proof?.band : nil,
                partnerLanguages: partner.request?.languages ?? []))
    }
}
