import Foundation
import MediaControl
import RelayTypes
import Storage

extension Switchboard {
    /// Every worker and how it fares: `GET /v1/workers`.
    package func workers() -> WorkerListView {
        WorkerListView(
            workers: legSlots.indices.map { worker in
                let now = media.load(ofWorker: UInt16(worker))
                return WorkerView(
                    worker: worker, port: Int(media.candidates(ofWorker: UInt16(worker)).first?.port ?? 0),
                    legs: legSlots[worker].taken, capacity: media.legsPerWorker,
                    pairs: pairSlots[worker].taken, isStuck: watches[worker].isStuck,
                    busy: figures.loads[worker].busy,
                    packetsPerSecond: figures.loads[worker].packetsPerSecond,
                    orders: now.waitingOrders, handshakes: now.waitingHandshakes)
            })
    }

    /// Orders a pair's gates, and measures how long it takes where one of them opens.
    func order(_ gates: PairGates, instead before: PairGates, of slot: PairSlot, at now: MonotonicInstant) {
        let isRelease = Side.allCases.contains { side in
            Channel.allCases.contains { !before[side, $0].isEmpty && gates[side, $0].isEmpty }
        }
        guard isRelease else {
            media.submit(.setGates(slot, gates), ticket: .none)
            return
        }
        give(.setGates(slot, gates)) { outcome in
            guard case .inForce(let at, _) = outcome else { return }
            self.figures.releaseLatency.record(nanoseconds: at.nanoseconds(since: now))
        }
    }

    /// Fills in what is measured of waits, orders, workers, queues and the database.
    func measure(into snapshot: inout MetricsSnapshot) async {
        snapshot.joinToConnected = figures.joinToConnected.durations
        snapshot.joinToMatched = figures.joinToMatched.durations
        snapshot.joinToFirstPacket = figures.joinToFirstPacket.durations
        snapshot.releaseLatency = figures.releaseLatency.durations
        snapshot.cutLatency = counts.cutLatency.durations
        snapshot.ordersUnconfirmed = figures.ordersUnconfirmed

        let loads = watches.indices.map { media.load(ofWorker: UInt16($0)) }
        snapshot.workerBusySeconds = loads.map { Double($0.busyNanoseconds) / 1e9 }
        let told = loads.reduce(0) { $0 &+ $1.toldEvents }
        snapshot.queues[.orders] = loads.reduce(0) { $0 + $1.waitingOrders }
        snapshot.queues[.handshakes] = loads.reduce(0) { $0 + $1.waitingHandshakes }
        snapshot.queues[.events] = told > figures.eventsTaken ? Int(clamping: told - figures.eventsTaken) : 0
        snapshot.queues[.pairs] = records.waitingPairs
        snapshot.queues[.records] = await records.waiting

        // A disk that does not answer must not keep the page from showing it.
        let store = records.store
        async let hooks = hookFigures()
        let answer = await within(seconds: 2, { await store.figures() })
        snapshot.hooks = await hooks
        guard let kept = answer else { return }
        snapshot.queues[.commits] = kept.waitingWrites
        snapshot.commits = kept.commits
        snapshot.failedCommits = kept.failedCommits
        snapshot.databaseBytes = kept.databaseBytes
        snapshot.reportsWaiting = kept.openReports
        if kept.openReports != nil {
            snapshot.oldestReportSeconds =
                kept.oldestOpenReport
                .map { max(configuration.wallClock().timeIntervalSince($0), 0) } ?? 0
        }
    }
}

/// A queue between two parts of the server.
package enum QueueName: String, Sendable, CaseIterable {
    /// From the control plane to the workers.
    case orders
    /// From the workers to the control plane.
    case events
    /// DTLS datagrams that wait for their turn in a worker.
    case handshakes
    /// Writes that wait for a database transaction.
    case commits
    /// Reports, decisions, bans and audit entries that the disk did not take.
    case records
    /// Beginnings and ends of pairs that are not written yet.
    case pairs
}
