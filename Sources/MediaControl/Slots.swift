import RelayTypes

/// Where a leg lives: a worker and a place in its table.
///
/// The generation tells one tenant of the place from the next, so that an order which arrives late cannot
/// touch the next tenant.
package struct LegSlot: Sendable, Hashable, BitwiseCopyable {
    package let worker: UInt16
    package let index: UInt32
    package let generation: UInt32

    package init(worker: UInt16, index: UInt32, generation: UInt32) {
        self.worker = worker
        self.index = index
        self.generation = generation
    }
}

/// Where a pair lives.
///
/// Both its legs live on the same worker.
package struct PairSlot: Sendable, Hashable, BitwiseCopyable {
    package let worker: UInt16
    package let index: UInt32
    package let generation: UInt32

    package init(worker: UInt16, index: UInt32, generation: UInt32) {
        self.worker = worker
        self.index = index
        self.generation = generation
    }
}

/// Names one order, so that its acknowledgement can be told from others.
package struct Ticket: Sendable, Hashable, BitwiseCopyable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
    /// For orders whose acknowledgement nobody waits for.
    package static let none = Ticket(number: 0)
}
