import Attestation
import Foundation
import Matchmaking
import MediaControl
import Policy
import RelayTypes
import Signalling

/// One person, from `welcome` until the peer ends.
///
/// Belongs to the Switchboard alone.
final class Peer {
    /// How far the media path has come.
    enum LegState {
        case offered
        /// `re` is the answer's id; `attempt` tells this answer's timeout from an earlier one's.
        case answered(re: MessageID?, attempt: UInt64)
        case connected
    }

    struct Leg {
        let slot: LegSlot
        let offer: String
        var state: LegState
        /// Moving it has failed: it stays where it is.
        var isFixed = false

        var isConnected: Bool { if case .connected = state { true } else { false } }
    }

    /// A pair that has been parted for its bands, of which this peer does not know yet.
    struct Parting {
        let pair: PairID
        let gate: ServerMessage
    }

    /// Most messages kept for a peer whose connection is lost.
    static let maximumMissed = 64

    let id: PeerID
    let arrivedAt: MonotonicInstant
    let arrivedAtDate: Date
    var identity: String?
    /// What a ban would recognise it by: handles that it has shown so far.
    var handles: BanHandles
    /// Where it came from; empty where that cannot be sealed.
    var trace = NetworkTrace()
    var connection: ConnectionID?
    var link: (any PeerLink)?
    var resumeToken: String
    /// Grows at each loss of the connection, so that an old resume window cannot end a resumed peer.
    var detachments: UInt64 = 0
    /// What was said while nobody listened, oldest first.
    var missed: [ServerMessage] = []

    var proof: AgeProof?
    /// What the operator's endpoint has said of it.
    var entrance = Entrance.unknown
    /// Who stands for ``proof``.
    var voucher: Voucher?
    var request: JoinRequest?
    /// Has asked to be matched, and has not been since.
    var wantsPool = false
    var isWaiting = false
    /// When it came into the pool; kept while it is in a ``meeting``.
    var waitingSince: MonotonicInstant?
    /// When it asked for a partner, until it has one.
    private var askedAt: MonotonicInstant?
    /// When it was offered the leg that is not up yet.
    var offeredAt: MonotonicInstant?
    var leg: Leg?
    /// A leg on another worker, which takes the place of ``leg`` once it is up.
    var coming: Leg?
    var meeting: Meeting?
    var pair: LivePair?
    var parting: Parting?
    /// Cuts that are not yet in force: no new partner before they are.
    var unsettledCuts = 0
    /// The latest pair that has ended.
    var lastPair: PastPair?
    var lastPartner: PeerID?
    var partners: PartnerMemory

    init(
        id: PeerID, resumeToken: String, handles: BanHandles, avoidRecent: Int, arrivedAt: MonotonicInstant,
        date: Date
    ) {
        self.id = id
        self.arrivedAt = arrivedAt
        arrivedAtDate = date
        self.handles = handles
        partners = PartnerMemory(recent: avoidRecent)
        self.resumeToken = resumeToken
    }

    /// Says it now, or keeps it for a resume.
    func send(_ message: ServerMessage, re: MessageID? = nil) {
        if let link {
            link.send(message, re: re)
        } else if missed.count < Self.maximumMissed {
            switch message {
            // A resume tells these anew, as they are then.
            case .matched, .gate, .queued, .offer, .typing: break
            default: missed.append(message)
            }
        }
    }

    /// Has said `join` or `next`, or, `nil`, waits no longer.
    ///
    /// The first time counts: a second `join` only changes what it looks for.
    func asks(at now: MonotonicInstant?) {
        if askedAt == nil || now == nil { askedAt = now }
    }

    func takeAskedAt() -> MonotonicInstant? {
        defer { askedAt = nil }
        return askedAt
    }

    func isProved(at now: MonotonicInstant) -> Bool { proof.map { now < $0.expires } ?? false }
}

/// What is kept of a peer that has ended, as long as a report about it may come.
struct PastPeer {
    let handles: BanHandles
    let trace: NetworkTrace
}
