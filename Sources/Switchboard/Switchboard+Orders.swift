import Logging
package import MediaControl
import RelayTypes

/// An order that a worker has carried out.
struct Acknowledgement: Sendable {
    let at: MonotonicInstant
    let tally: PairTally?
}

extension Switchboard {
    /// How long a worker may be silent before nobody waits for it any more, in seconds.
    ///
    /// It takes microseconds.
    static let acknowledgementPatience: UInt64 = 2

    /// Gives an order at once, and calls `done` when it is in force: with `nil` when the worker no longer knows the
    /// slot, is full, or does not answer, and for no order at all.
    func give(_ order: MediaOrder?, then done: @escaping (Acknowledgement?) -> Void) {
        guard let order else { return done(nil) }
        let ticket = freshTicket()
        acknowledgements[ticket] = done
        due.add(.acknowledgement(ticket), at: media.now.advanced(bySeconds: Self.acknowledgementPatience))
        if !media.submit(order, ticket: ticket) { acknowledge(ticket, nil) }
    }

    /// Gives an order and waits until it is in force.
    ///
    /// The order is queued before this function first suspends.
    func perform(_ order: MediaOrder) async -> Acknowledgement? {
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
            if !media.submit(.inspect(slot), ticket: ticket) { acknowledge(ticket, nil) }
        }
    }

    func acknowledge(_ ticket: Ticket, _ acknowledgement: Acknowledgement?) {
        acknowledgements.removeValue(forKey: ticket)?(acknowledgement)
        if acknowledgement == nil { snapshots.removeValue(forKey: ticket)?.resume(returning: nil) }
    }

    private func freshTicket() -> Ticket {
        lastTicket += 1
        return Ticket(number: lastTicket)
    }

    /// Takes what a worker tells.
    package func handle(_ event: MediaEvent) {
        switch event {
        case .inForce(let ticket, let at, let tally):
            acknowledge(ticket, Acknowledgement(at: at, tally: tally))
        case .stale(let ticket): acknowledge(ticket, nil)
        case .snapshot(let ticket, let snapshot):
            snapshots.removeValue(forKey: ticket)?.resume(returning: snapshot)
        case .connected(let slot): legConnected(slot)
        case .ended(let slot, let end): legEnded(slot, end)
        case .moved(let slot, let endpoint):
            if let peer = legOwners[slot].flatMap({ peers[$0] }) {
                peer.handles.add(
                    .address, BanHandles.household(of: endpoint.address), keys: configuration.banKeys)
                if expelIfBanned(peer) { return }
            }
            logger.info(
                "leg moved",
                metadata: [
                    "peer": "\(legOwners[slot]?.text ?? "-")", "to": "\(shown(endpoint))",
                ])
        }
    }

    /// An address as the operator wants it shown.
    func shown(_ endpoint: Endpoint) -> String {
        configuration.showsAddresses ? "\(endpoint.address):\(endpoint.port)" : endpoint.truncatedAddress
    }
}
