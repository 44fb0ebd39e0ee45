import Foundation
import Front
import RelayTestKit
import RelayTypes

@testable import Switchboard

extension StubControl {
    func peers(_ wanted: PeerState?, limit: Int, cursor: String?) async -> PeerPage {
        state.update { $0.queries.append("\(wanted?.rawValue ?? "-") \(limit) \(cursor ?? "-")") }
        return PeerPage(
            peers: [
                .init(
                    peer: Self.peers[0], since: Date(timeIntervalSince1970: 1_800_000_000), state: .waiting,
                    band: nil, pair: nil, worker: 0)
            ], cursor: "next")
    }

    func peer(_ id: PeerID) async -> PeerReport? {
        guard Self.peers.contains(id) else { return nil }
        return PeerReport(
            peer: id, state: .waiting, since: "2027-01-15T00:00:00.000Z", address: "192.0.2.0",
            hasIdentity: false, pairs: [])
    }

    func explain(_ id: PairID) async -> Explanation? {
        guard id == Self.pair else { return nil }
        return Explanation(
            subject: .pair(id), state: "live",
            lines: [
                .init(
                    number: 1, at: Date(timeIntervalSince1970: 1_800_000_000), event: "matched",
                    text: "A and B were matched", about: nil)
            ], verdict: [.init(open: false, text: "B does not see A.")])
    }

    func explain(_ id: PeerID) async -> Explanation? {
        Self.peers.contains(id) ? Explanation(subject: .peer(id), state: "waiting", pairs: []) : nil
    }

    func overview(limit: Int) async -> Overview {
        Overview(
            atMilliseconds: 5, version: "test", uptimeSeconds: 1, peers: 2, waiting: 0, legs: 2, pairs: 1,
            gates: [:], forwarded: .init(packets: 1, bytes: 2), droppedPackets: 3, cuts: 4,
            reportsWaiting: limit, problems: [], list: [])
    }

    var hasRoomForSubscriber: Bool { get async { state.value.subscribers.count < 2 } }

    func subscribe(to filter: EventFilter, after last: String?) async -> EventQueue? {
        let queue = EventQueue(filter: filter, run: "run")
        if let last { state.update { $0.queries.append("after " + last) } }
        state.update { $0.subscribers.append(queue) }
        return queue
    }

    func unsubscribe(_ queue: EventQueue) async {
        queue.close()
        state.update { state in state.subscribers.removeAll { $0 === queue } }
    }
}
