import Policy
import RelayTypes
import Storage

/// Reports that wait to be weighed against the others about the same person.
///
/// Those that come while an earlier one of that person is looked at are weighed together afterwards: a crowd costs one
/// look at the records, not one for each of its reports.
struct AssessmentQueue {
    struct Item {
        let record: ReportRecord
        let origin: ReportOriginKind
        /// Called when it has been weighed.
        let done: () -> Void
    }

    /// Whoever has an entry is being looked at.
    private var waiting: [PeerID: [Item]] = [:]

    /// - Returns: whether the caller has to look at this person; else somebody does already.
    mutating func add(_ item: Item) -> Bool {
        let isFirst = waiting[item.record.reported] == nil
        waiting[item.record.reported, default: []].append(item)
        return isFirst
    }

    /// Takes everything that has come meanwhile; `nil`, and nobody looks any more, where that is nothing.
    mutating func take(about peer: PeerID) -> [Item]? {
        guard let items = waiting[peer], !items.isEmpty else {
            waiting[peer] = nil
            return nil
        }
        waiting[peer] = []
        return items
    }
}
