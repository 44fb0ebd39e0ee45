package import RelayTypes
import Synchronization

/// Which events somebody wants to see.
package struct EventFilter: Sendable, Equatable {
    package var peer: PeerID?
    package var pair: PairID?
    /// Names of events; `nil`: all.
    package var kinds: Set<String>?

    package init(peer: PeerID? = nil, pair: PairID? = nil, kinds: Set<String>? = nil) {
        self.peer = peer
        self.pair = pair
        self.kinds = kinds
    }

    package func wants(_ event: NotedEvent) -> Bool {
        if let kinds, !kinds.contains(event.event.name) { return false }
        if let pair, event.pair != pair { return false }
        if let peer, !event.peers.contains(peer) { return false }
        return true
    }
}

/// What one subscriber has not read yet: at most ``most`` events, and how many there was no room for.
///
/// Whoever offers never waits. One reader.
package final class EventQueue: Sendable {
    /// Most events that wait.
    package static let most = 1_024

    /// What a reader is given.
    package enum Item: Sendable {
        case event(NotedEvent)
        /// So many events were lost here, for the reader was too slow.
        case lost(Int)
        /// Nothing has happened for a while.
        case beat
    }

    private struct State {
        var events: [NotedEvent] = []
        var lost = 0
        /// Of those before the first of ``events``.
        var lostBefore = 0
        var hasBeat = false
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
    }

    let filter: EventFilter
    /// Names the server's run, which counts events from 1.
    package let run: String
    private let state = Mutex(State())

    package init(filter: EventFilter = EventFilter(), run: String = "") {
        self.filter = filter
        self.run = run
    }

    /// Begins with events that are missing before those that come.
    func missed(_ count: Int) { change { $0.lostBefore = count } }

    package func offer(_ event: NotedEvent) {
        guard filter.wants(event) else { return }
        change { state in
            if state.events.count < Self.most { state.events.append(event) } else { state.lost += 1 }
        }
    }

    /// Wakes the reader up to say that it is still there.
    package func beat() { change { $0.hasBeat = true } }

    /// What is in it can still be read.
    package func close() { change { $0.isClosed = true } }

    private func change(_ work: (inout State) -> Void) {
        let reader = state.withLock { state in
            work(&state)
            let reader = state.reader
            state.reader = nil
            return reader
        }
        reader?.resume()
    }

    /// Everything that has come, oldest first; waits while there is nothing.
    ///
    /// - Returns: `nil` when it is closed, or the task cancelled.
    package func take() async -> [Item]? {
        while true {
            let (items, isOver) = state.withLock { state -> ([Item], Bool) in
                var items = state.lostBefore > 0 ? [Item.lost(state.lostBefore)] : []
                items += state.events.map { Item.event($0) }
                // Those that were lost came after the ones that were kept.
                if state.lost > 0 { items.append(.lost(state.lost)) }
                if items.isEmpty, state.hasBeat { items.append(.beat) }
                (state.events, state.lost, state.lostBefore, state.hasBeat) = ([], 0, 0, false)
                return (items, state.isClosed)
            }
            if !items.isEmpty { return items }
            if isOver || Task.isCancelled { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        guard state.events.isEmpty, state.lost + state.lostBefore == 0, !state.hasBeat,
                            !state.isClosed
                        else {
                            return true
                        }
                        state.reader = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                close()
            }
        }
    }
}
