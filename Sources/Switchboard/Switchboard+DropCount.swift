import Foundation
import MediaControl
import RelayTypes
import Storage

/// What a worker is to be asked some time after a cut.
struct DropCount {
    /// When the worker parted the two.
    let cutAt: MonotonicInstant
    /// Not called where the count has been lost.
    let done: (DroppedSince) -> Void
}

/// What the reported went on sending after the cut, and nobody got: the last part of the proof.
///
/// Nothing waits for it.
extension Switchboard {
    /// How long after a cut the dropped packets are counted, in seconds.
    static let dropCountDelay: UInt64 = 2

    /// Has the packets counted that come from a leg after its pair was parted.
    ///
    /// - Parameter slot: `nil` for somebody who sends no media.
    func countDrops(
        on slot: LegSlot?, since cutAt: MonotonicInstant?, then done: @escaping (DroppedSince) -> Void
    ) {
        guard let slot, let cutAt, legOwners[slot] != nil else { return }
        // A leg is parted once at a time: an earlier cut can be counted no more.
        dropCounts[slot] = DropCount(cutAt: cutAt, done: done)
        due.add(.dropCount(slot, since: cutAt), at: cutAt.advanced(bySeconds: Self.dropCountDelay))
    }

    /// Asks the leg's worker now: when the time has come, or the leg is about to be closed.
    ///
    /// - Parameter cutAt: the cut that it is about; `nil`: whichever is waited for.
    func readDrops(of slot: LegSlot, since cutAt: MonotonicInstant? = nil) {
        guard let count = dropCounts[slot], cutAt == nil || cutAt == count.cutAt else { return }
        dropCounts[slot] = nil
        inspect(slot) { leg in
            // Where the leg has been in another pair since, the count is of that one's end.
            guard let since = leg?.sinceParted, since.at == count.cutAt else { return }
            count.done(
                DroppedSince(
                    packets: Int64(clamping: since.droppedPackets), until: self.configuration.wallClock()))
        }
    }

    /// Completes a report's proof, once the report has been written or waits for the disk.
    func complete(_ report: ReportID, with dropped: DroppedSince, after written: Task<Void, Never>) {
        Task {
            await written.value
            await records.complete(report, with: dropped)
        }
    }
}
