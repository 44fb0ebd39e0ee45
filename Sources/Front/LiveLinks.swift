internal import Signalling
internal import Synchronization

/// Every open WebSocket, so that all can be told that the server is going.
internal final class LiveLinks: Sendable {
    private struct State {
        var links: [ObjectIdentifier: WebSocketLink] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())

    internal var count: Int { state.withLock { $0.links.count } }
    internal var isDraining: Bool { state.withLock { $0.isDraining } }

    /// One that comes while the server is going is sent away at once.
    internal func add(_ link: WebSocketLink) {
        let late = state.withLock { state in
            state.links[ObjectIdentifier(link)] = link
            return state.isDraining
        }
        if late { Self.sendAway(link) }
    }

    internal func remove(_ link: WebSocketLink) {
        state.withLock { _ = $0.links.removeValue(forKey: ObjectIdentifier(link)) }
    }

    /// Tells everyone to come back elsewhere or later, and closes (PROTOCOL.md section 2.2, `draining`).
    internal func drain() {
        let links = state.withLock { state in
            state.isDraining = true
            return Array(state.links.values)
        }
        for link in links { Self.sendAway(link) }
    }

    private static func sendAway(_ link: WebSocketLink) {
        link.send(.draining(reconnect: true, within: 10), re: nil)
        link.close(.draining, reason: "draining")
    }
}
