package import RelayTypes

/// Whose legs must be moved, and to which worker, so that two peers can meet.
package struct Move: Sendable, Equatable {
    /// One of the two, or both.
    package let peers: [PeerID]
    package let worker: UInt16

    package init(peers: [PeerID], worker: UInt16) {
        self.peers = peers
        self.worker = worker
    }
}

extension Move {
    /// The least that brings two peers of different workers together.
    ///
    /// To the lower worker where it has room, so that the pool gathers there; else to the higher; else both to the
    /// lowest that has.
    ///
    /// - Parameter open: the workers that have room for another leg.
    /// - Returns: `nil` where it cannot be done now.
    init?(_ one: Seeker, _ other: Seeker, open: Set<UInt16>) {
        let (lower, higher) = one.worker < other.worker ? (one, other) : (other, one)
        if open.contains(lower.worker), !higher.isFixed {
            self.init(peers: [higher.peer], worker: lower.worker)
        } else if open.contains(higher.worker), !lower.isFixed {
            self.init(peers: [lower.peer], worker: higher.worker)
        } else if !lower.isFixed, !higher.isFixed, let worker = open.min() {
            self.init(peers: [lower.peer, higher.peer], worker: worker)
        } else {
            return nil
        }
    }
}
