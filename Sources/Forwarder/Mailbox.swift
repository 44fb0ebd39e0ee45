internal import CLinuxNet
internal import Glibc
package import MediaControl
internal import Synchronization

/// Orders on their way down to one worker: bounded, and it wakes the worker up.
///
/// The worker looks at one atomic before each batch; it takes the lock only when something is there.
package final class Mailbox: Sendable {
    package struct Letter: Sendable {
        package let order: MediaOrder
        package let ticket: Ticket
    }

    /// Orders that wait at most, but for those that shut something.
    package let capacity: Int
    /// Readable when there is something to do.
    internal let descriptor: Int32
    private let letters: Mutex<[Letter]>
    private let isFilled = Atomic<Bool>(false)
    private let stalling = Atomic<Int32>(-1)
    private let isStopping = Atomic<Bool>(false)

    package init(capacity: Int = 4_096) {
        self.capacity = capacity
        descriptor = clinuxnet_event()
        letters = Mutex([])
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Returns: `false` when there is no room. There always is for orders about pairs and for the end of a leg: their
    ///   number is bounded by what exists, and a gate that cannot be shut is no gate.
    package func put(_ order: MediaOrder, ticket: Ticket) -> Bool {
        let isTaken = letters.withLock { letters in
            guard letters.count < capacity || Self.isUrgent(order) else { return false }
            letters.append(Letter(order: order, ticket: ticket))
            return true
        }
        if isTaken { wake() }
        return isTaken
    }

    /// Orders that wait.
    ///
    /// Takes the lock: for reports.
    package var count: Int { letters.withLock { $0.count } }

    /// Whether ``take()`` would give something.
    ///
    /// One atomic load.
    @inline(__always)
    package var hasMail: Bool { isFilled.load(ordering: .acquiring) }

    /// Everything, oldest first.
    package func take() -> [Letter] {
        standStill()
        // Cleared first: a letter that comes now sets it again.
        isFilled.store(false, ordering: .sequentiallyConsistent)
        return letters.withLock { letters in
            let taken = letters
            letters.removeAll(keepingCapacity: true)
            return taken
        }
    }

    /// Tells the worker to end its loop.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        clinuxnet_signal(descriptor)
    }

    @inline(__always)
    package var isStopped: Bool { isStopping.load(ordering: .acquiring) }

    /// Wakes the worker up with nothing to do but a turn of its loop.
    package func nudge() { clinuxnet_signal(descriptor) }

    /// For tests: before the worker takes its next orders it stands still until it can read from this descriptor.
    internal func stall(on descriptor: Int32) { stalling.store(descriptor, ordering: .releasing) }

    private func standStill() {
        let descriptor = stalling.exchange(-1, ordering: .acquiringAndReleasing)
        guard descriptor >= 0 else { return }
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) < 0, errno == EINTR {}
    }

    /// Takes note of a wake-up.
    internal func clearWake() { clinuxnet_clear(descriptor) }

    private func wake() {
        if !isFilled.exchange(true, ordering: .sequentiallyConsistent) { clinuxnet_signal(descriptor) }
    }

    private static func isUrgent(_ order: MediaOrder) -> Bool {
        switch order {
        case .pair, .setGates, .part, .closeLeg: true
        case .openLeg, .expectBrowser, .inspect, .inspectLeg, .survey, .capture, .endCapture: false
        }
    }
}
