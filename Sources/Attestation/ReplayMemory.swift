internal import FoundationEssentials

/// Names that were used up, each remembered for the same time, and never more than ``capacity`` of them.
///
/// Forgetting one early is safe for nonces (an unknown nonce is refused as well), and for `jti` the nonce
/// stands in front.
struct ReplayMemory<Name: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private let lifetime: TimeInterval
    private var names: Set<Name> = []
    /// In order of arrival, from ``oldest`` on.
    private var arrivals: [(name: Name, forgetAt: Date)] = []
    private var oldest = 0

    /// - Parameter lifetime: in seconds.
    init(capacity: Int, lifetime: TimeInterval) {
        self.capacity = capacity
        self.lifetime = lifetime
    }

    var count: Int { names.count }

    func contains(_ name: Name) -> Bool { names.contains(name) }

    mutating func insert(_ name: Name, at now: Date) {
        while let first = arrivals.dropFirst(oldest).first, first.forgetAt <= now || names.count >= capacity {
            names.remove(first.name)
            oldest += 1
        }
        // Half of the list is dead: close the gap.
        if oldest > arrivals.count / 2 {
            arrivals.removeFirst(oldest)
            oldest = 0
        }
        guard names.insert(name).inserted else { return }
        arrivals.append((name: name, forgetAt: now.addingTimeInterval(lifetime)))
    }
}
