import MediaControl
import RelayTypes

/// Two who shall meet as soon as the operator's endpoint lets them, and their legs live on one worker.
///
/// Neither is in the pool meanwhile. Belongs to the Switchboard alone.
final class Meeting {
    let number: UInt64
    let first: Peer
    let second: Peer
    let sharedInterests: [String]
    /// Where both legs must be.
    let worker: UInt16
    /// The operator's endpoint has said that what the two send is to be held for now.
    let isHeld: Bool

    init(
        number: UInt64, first: Peer, second: Peer, sharedInterests: [String], worker: UInt16,
        isHeld: Bool = false
    ) {
        self.number = number
        self.first = first
        self.second = second
        self.sharedInterests = sharedInterests
        self.worker = worker
        self.isHeld = isHeld
    }

    var peers: [Peer] { [first, second] }

    /// Whether both legs have arrived.
    var isReady: Bool {
        peers.allSatisfy { $0.coming == nil && $0.leg?.isConnected == true && $0.leg?.slot.worker == worker }
    }
}
