/// Walks along the audit log, entry by entry.
struct AuditCheck {
    private let bounds: AuditBounds?
    private var entries = 0
    private var faults: [AuditFault] = []
    /// The entry before the next one; `nil` before the first.
    private var last: (number: Int, hash: [UInt8])?
    /// Whether that one has the hash of its own content.
    private var lastIsItself = true

    init(_ head: (bounds: AuditBounds, isGenuine: Bool)?) {
        bounds = head?.bounds
        if let head, !head.isGenuine { note(.head, head.bounds.last) }
    }

    /// - Parameter entry: `nil` where the row is not one.
    mutating func read(_ entry: AuditEntry?, number: Int) {
        entries += 1
        if last == nil, bounds == nil { note(.head, number) }
        let (previousNumber, previousHash) = last ?? start(before: entry, number)
        let isItself = entry.map { $0.computedHash() == $0.hash } ?? false
        if number > previousNumber + 1 {
            note(.missing, previousNumber + 1)
        } else if number <= previousNumber {
            note(.added, number)
        } else if isItself, lastIsItself, entry?.previous != previousHash {
            // Both are sound in themselves, so that the earlier one has been put in another's place.
            note(.rewritten, last == nil ? number : previousNumber)
        }
        if !isItself { note(.changed, number) }
        if isItself, entry?.what == AuditAct.auditBroken.rawValue { note(.broken, number) }
        last = (number, entry?.hash ?? [])
        lastIsItself = isItself
    }

    /// The decision that this entry notes has been changed since.
    mutating func noteDecision(of entry: AuditEntry) { note(.decision, entry.number) }

    mutating func verdict() -> AuditVerdict {
        if let bounds {
            let end = last?.number ?? bounds.first - 1
            if end < bounds.last {
                note(.cut, end + 1)
            } else if end > bounds.last {
                note(.added, bounds.last + 1)
            } else if let last, lastIsItself, last.hash != bounds.hash {
                note(.rewritten, last.number)
            }
        }
        return AuditVerdict(
            entries: entries,
            faults: faults.sorted { ($0.number, $0.kind.rawValue) < ($1.number, $1.kind.rawValue) })
    }

    private func start(before entry: AuditEntry?, _ number: Int) -> (number: Int, hash: [UInt8]) {
        if let bounds { return (bounds.first - 1, bounds.beforeFirst) }
        return (number - 1, entry?.previous ?? [])
    }

    private mutating func note(_ kind: AuditFault.Kind, _ number: Int) {
        let fault = AuditFault(number: number, kind: kind)
        guard faults.count < AuditVerdict.mostFaults, !faults.contains(fault) else { return }
        faults.append(fault)
    }
}
