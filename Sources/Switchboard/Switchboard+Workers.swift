import Logging
import MediaControl
import RelayTypes

extension Switchboard {
    /// The workers that take another leg.
    var openWorkers: [Int] {
        legSlots.indices.filter { !legSlots[$0].isFull && !watches[$0].isStuck }
    }

    /// Looks whether every worker still goes round its loop.
    func watchWorkers(at now: MonotonicInstant) {
        guard now >= nextWatch else { return }
        nextWatch = now.advanced(byMilliseconds: WorkerWatch.interval)
        for worker in watches.indices {
            switch watches[worker].look(media.turns(ofWorker: UInt16(worker))) {
            case .stuck: workerIsStuck(UInt16(worker))
            case .back:
                note(.workerBack(worker: worker), about: .server)
                scheduleMatching()
            case nil: break
            }
        }
    }

    /// Ends everything that lives on a worker, as if its legs were lost.
    ///
    /// No packet can leave it, for it does not run. The orders that end its pairs and legs wait in its mailbox: should
    /// it ever go on, it carries them out before it looks at another batch, and its places are free again.
    private func workerIsStuck(_ worker: UInt16) {
        counts.workersStuck += 1
        let lost = legOwners.keys.filter { $0.worker == worker }
            .sorted { $0.index < $1.index }
        for slot in lost {
            loseLeg(
                slot, because: "worker_stuck", "a part of the server has stopped; join again",
                isPathAtFault: false)
        }
        note(.workerStuck(worker: Int(worker), legs: lost.count), about: .server)
    }

    /// Sentences about workers, for `readyz`.
    var workerProblems: [String] {
        var problems = watches.indices.filter { watches[$0].isStuck }
            .map { "media worker \($0) is stuck: its pairs were ended, and it gets no new ones" }
        if openWorkers.isEmpty { problems.append("no worker has room for another leg") }
        return problems
    }

    /// For `status` and `metrics`.
    var workerReports: [WorkerStatus] {
        legSlots.indices.map {
            WorkerStatus(
                worker: $0, legs: legSlots[$0].taken, pairs: pairSlots[$0].taken,
                isStuck: watches[$0].isStuck)
        }
    }
}
