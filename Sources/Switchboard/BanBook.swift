import Foundation
import RelayTypes
import Storage

/// Every ban that is in force, found by what a person shows.
struct BanBook {
    private var bans: [BanID: BanRecord] = [:]
    private var byMark: [BanMark: Set<BanID>] = [:]

    subscript(id: BanID) -> BanRecord? { bans[id] }

    /// Bans that neither were lifted nor have run out, the oldest first.
    func inForce(at now: Date) -> [BanRecord] {
        bans.values.filter { $0.isInForce(at: now) }
            .sorted { ($0.madeAt, $0.id.text) < ($1.madeAt, $1.id.text) }
    }

    mutating func add(_ ban: BanRecord) {
        bans[ban.id] = ban
        for hold in ban.holds { byMark[hold.mark, default: []].insert(ban.id) }
    }

    mutating func remove(_ id: BanID) {
        guard let ban = bans.removeValue(forKey: id) else { return }
        for hold in ban.holds {
            byMark[hold.mark]?.remove(id)
            if byMark[hold.mark]?.isEmpty == true { byMark[hold.mark] = nil }
        }
    }

    /// The ban that holds on to somebody with these handles; of several the one that lasts longest.
    func ban(on handles: BanHandles, at now: Date) -> BanRecord? {
        handles.all.lazy
            .flatMap { mark in
                (byMark[mark] ?? []).compactMap { bans[$0] }
                    .filter { ban in
                        ban.isInForce(at: now)
                            && ban.holds.contains { $0.mark == mark && $0.until.map { now < $0 } ?? true }
                    }
            }
            .max { ($0.until ?? .distantFuture) < ($1.until ?? .distantFuture) }
    }
}
