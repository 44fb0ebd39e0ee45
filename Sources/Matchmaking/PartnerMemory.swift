package import RelayTypes

/// Whom one peer shall not meet again: the latest partners, and whom it blocked for good.
package struct PartnerMemory: Sendable, Equatable {
    private let capacity: Int
    /// Oldest first.
    private var recent: [PeerID] = []
    private var blocked: Set<PeerID> = []

    /// - Parameter recent: how many of the latest partners are remembered.
    package init(recent capacity: Int) { self.capacity = max(0, capacity) }

    /// Remembers a partner, and forgets the one before all others when there are too many.
    package mutating func met(_ partner: PeerID) {
        recent.removeAll { $0 == partner }
        recent.append(partner)
        if recent.count > capacity { recent.removeFirst(recent.count - capacity) }
    }

    /// Never forgotten.
    package mutating func block(_ partner: PeerID) { blocked.insert(partner) }

    /// For ``Seeker/avoid``.
    package var avoid: Set<PeerID> { blocked.union(recent) }
}
