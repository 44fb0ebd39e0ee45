import Foundation
import RelayTypes
import Storage

/// Every ban that is in force, found by what a person shows.
struct BanBook {
    private var bans: [BanID: BanRecord] = [:]
    private var byMark: [BanMark: Set<BanID>] = [:]
    /// Those that a machine decided.
    private var automated: Set<BanID> = []

    subscript(id: BanID) -> BanRecord? { bans[id] }

    /// Bans that neither were lifted nor have run out, the oldest first.
    func inForce(at now: Date) -> [BanRecord] {
        bans.values.filter { $0.isInForce(at: now) }
            .sorted { ($0.madeAt, $0.id.text) < ($1.madeAt, $1.id.text) }
    }

    func isAutomated(_ id: BanID) -> Bool { automated.contains(id) }

    /// The ban that a decision made; `nil` where it made none, or it has been lifted.
    func ban(of decision: DecisionID) -> BanRecord? { bans.values.first { $0.decision == decision } }

    mutating func add(_ ban: BanRecord, isAutomated: Bool = false) {
        bans[ban.id] = ban
        if isAutomated { automated.insert(ban.id) }
        for hold in ban.holds { byMark[hold.mark, default: []].insert(ban.id) }
    }

    mutating func remove(_ id: BanID) {
        guard let ban = bans.removeValue(forKey: id) else { return }
        automated.remove(id)
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

/// How much of the table of bans is known here.
struct BanSight: Equatable {
    /// Of the records as another process has left them; `nil`: never looked.
    var version: Int64?
    var place = StandingBans.Place.start
    /// How many bans have been lifted here.
    var lifts: UInt64 = 0
}
