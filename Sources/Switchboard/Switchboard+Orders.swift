import Logging
package import MediaControl
import RelayTypes

/// What has become of an order.
enum OrderOutcome: Sendable {
    /// No packet under the old state can leave any more.
    case inForce(at: MonotonicInstant, tally: PairTally?)
    /// There was nothing to order, or the worker no longer knows the slot: nothing flows there.
    case void
    /// The worker has not answered in time. The order waits in its mailbox, ahead of its next batch of packets.
    case silent
}

extension Switchboard {
    /// How long a worker may be silent before nobody waits for it any more, in seconds.
    ///
    /// It takes microseconds.
    static let acknowledgementPatience: UInt64 = 2

    /// Gives an order at once, and calls `done` when it is in force, or will not be told to be.
    func give(_ order: MediaOrder?, then done: @escaping (OrderOutcome) -> Void) {
        guard let order else { return done(.void) }
        let ticket = freshTicket()
        acknowledgements[ticket] = done
        due.add(.acknowledgement(ticket), at: media.now.advanced(bySeconds: Self.acknowledgementPatience))
        if !media.submit(order, ticket: ticket) { acknowledge(ticket, .silent) }
    }

    /// Gives an order and waits until it is in force.
    ///
    /// The order is queued before this function first suspends.
    func perform(_ order: MediaOrder) async -> OrderOutcome {
        await withCheckedContinuation { continuation in
            give(order) { continuation.resume(returning: $0) }
        }
    }

    /// Asks a worker for a pair's state.
    func snapshot(_ slot: PairSlot) async -> PairSnapshot? {
        let ticket = freshTicket()
        return await withCheckedContinuation { continuation in
            snapshots[ticket] = continuation
            due.add(
                .acknowledgement(ticket), at: media.now.advanced(bySeconds: Self.acknowledgementPatience))
            if !media.submit(.inspect(slot), ticket: ticket) { acknowledge(ticket, .silent) }
        }
    }

    func acknowledge(_ ticket: Ticket, _ outcome: OrderOutcome) {
        if let done = acknowledgements.removeValue(forKey: ticket) {
            if case .silent = outcome { figures.ordersUnconfirmed += 1 }
            done(outcome)
        }
        snapshots.removeValue(forKey: ticket)?.resume(returning: nil)
        insight.legs.removeValue(forKey: ticket)?(nil)
        insight.surveys.removeValue(forKey: ticket)?.resume(returning: [])
    }

    func freshTicket() -> Ticket {
        lastTicket += 1
        return Ticket(number: lastTicket)
    }

    /// Takes what a worker tells.
    package func handle(_ event: MediaEvent) {
        switch event {
        case .inForce(let ticket, let at, let tally):
            acknowledge(ticket, .inForce(at: at, tally: tally))
        case .stale(let ticket): acknowledge(ticket, .void)
        case .snapshot(let ticket, let snapshot):
            snapshots.removeValue(forKey: ticket)?.resume(returning: snapshot)
        case .legSnapshot(let ticket, let leg): insight.legs.removeValue(forKey: ticket)?(leg)
        case .survey(let ticket, let list):
            insight.surveys.removeValue(forKey: ticket)?.resume(returning: list)
        case .connected(let slot): legConnected(slot)
        case .started(let slot, let side, let at):
            figures.started(slot, from: side, at: at)
            if let pair = pairsOnPath[slot].flatMap({ pairs[$0] }) {
                note(.firstPacket(from: side), of: pair)
            }
        case .ended(let slot, let end): legEnded(slot, end)
        case .moved(let slot, let endpoint):
            if let peer = legOwners[slot].flatMap({ peers[$0] }) {
                peer.handles.add(
                    .address, BanHandles.household(of: endpoint.address), keys: configuration.banKeys)
                note(.moved, of: peer, from: endpoint)
                _ = expelIfBanned(peer)
                note(.addressMoved(to: shown(endpoint)), of: peer.id)
            }
        }
    }

    /// An address as the operator wants it shown.
    func shown(_ endpoint: Endpoint) -> String {
        configuration.showsAddresses ? "\(endpoint.address):\(endpoint.port)" : endpoint.truncatedAddress
    }

    /// The same for the address of a WebSocket, which comes as text.
    func shown(_ address: String) -> String {
        configuration.showsAddresses ? address : Endpoint.truncated(address)
    }
}
