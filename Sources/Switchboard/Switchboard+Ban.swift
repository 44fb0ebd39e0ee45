package import Foundation
import Logging
import MediaControl
import Policy
package import RelayTypes
import Signalling
package import Storage

/// `POST /v1/peers/{peer}/ban`.
package struct BanOrder: Sendable, Equatable {
    package var peer: PeerID
    /// The rule or law that it rests on; shown to the person.
    package var reason: String
    /// What happened; shown to the person.
    package var facts: String
    /// `nil`: for good.
    package var until: Date?
    package var handles: Set<BanHandle>

    package init(
        peer: PeerID, reason: String, facts: String, until: Date? = nil,
        handles: Set<BanHandle> = Set(BanHandle.allCases)
    ) {
        self.peer = peer
        self.reason = reason
        self.facts = facts
        self.until = until
        self.handles = handles
    }
}

/// One ban, as the admin API shows it.
package struct BanReport: Sendable, Encodable {
    package var ban: BanID
    package var decision: DecisionID
    package var peer: PeerID
    /// RFC 3339 UTC.
    package var since: String
    /// Absent: for good.
    package var until: String?
    package var reason: String
    package var facts: String
    /// What it holds on to.
    package var on: [String]
    /// From the order's arrival to the moment from which no packet of the banned can leave; in the answer to the order.
    package var inForceMicroseconds: UInt64?
    /// Present and `false` where the audit log did not take it: it will when the disk does.
    package var isAudited: Bool?

    private enum CodingKeys: String, CodingKey {
        case ban, decision, peer, since, until, reason, facts, on
        case inForceMicroseconds = "in_force_us"
        case isAudited = "audited"
    }
}

/// `GET /v1/bans`.
package struct BanList: Sendable, Encodable {
    package var bans: [BanReport]
}

extension Switchboard {
    /// Reads the bans that earlier runs have made; before anybody is let in.
    package func loadBans() async throws(StorageError) {
        // Taken first: what is written meanwhile is looked at again.
        let version = try await records.store.foreignVersion()
        let standing = try await records.store.bans(after: .start, inForceAt: configuration.wallClock())
        for (ban, isAutomated) in standing.bans { banBook.add(ban, isAutomated: isAutomated) }
        banSight = BanSight(version: version, place: standing.place, lifts: banSight.lifts)
    }

    /// Puts bans in force that another process has made with the same records, as while one hands over to the other,
    /// and lets go of those that it has lifted.
    package func followBans() async {
        let (store, seen, now) = (records.store, banSight, configuration.wallClock())
        guard let version = try? await store.foreignVersion(), version != seen.version,
            let news = try? await store.bans(after: seen.place, inForceAt: now)
        else { return }
        // Where a ban was lifted here meanwhile, what was read may be older: the next look reads it again.
        guard banSight == seen else { return }
        banSight.version = version
        banSight.place = news.place
        for id in news.lifted where banBook[id] != nil {
            banBook.remove(id)
            note(.banLifted(id), about: .server)
        }
        for (ban, isAutomated) in news.bans where banBook[ban.id] == nil {
            await putInForce(ban, isAutomated: isAutomated, at: now, arrivedAt: media.now)
        }
    }

    /// Bans somebody who is here, or was here not long ago: cuts first, then writes down, then answers.
    package func ban(_ order: BanOrder, by who: Operator = .unnamed) async throws(AdminError) -> BanReport {
        let arrivedAt = media.now
        guard let handles = peers[order.peer]?.handles ?? pastPeers[order.peer]?.handles else {
            throw .unknownPeer(order.peer)
        }
        let now = configuration.wallClock()
        let ban = record(of: order, decision: .random(using: &random), holdingOn: handles.newest, at: now)
        guard !ban.holds.isEmpty else { throw .nothingToHold(order.peer) }
        await putInForce(ban, at: now, arrivedAt: arrivedAt)
        let inForce = media.now.nanoseconds(since: arrivedAt) / 1_000
        let decision = DecisionRecord(
            id: ban.decision, peer: ban.peer, madeAt: now, by: who.name, byKind: .operator, outcome: .upheld,
            action: .ban, until: ban.until, groundKind: .incompatible, ground: ban.reason, facts: ban.facts,
            statement: statement(ground: ban.reason, facts: ban.facts))
        let isDurable: Bool
        do {
            isDurable = try await records.decide(
                decision, ban: ban, liftsBan: nil,
                audit: draft(
                    .peerBan, by: who, on: ban.peer.text, ["ban": ban.id.text, "decision": ban.decision.text])
            )
        } catch {
            banBook.remove(ban.id)
            throw .storage(error)
        }
        guard isDurable else { throw .notDurable(ban.id) }
        count(decision)
        var report = self.report(on: ban)
        report.inForceMicroseconds = inForce
        return report
    }

    /// Cuts whoever a ban holds; from now on they are turned away.
    ///
    /// - Returns: once every cut is in force.
    func putInForce(
        _ ban: BanRecord, isAutomated: Bool = false, at now: Date, arrivedAt: MonotonicInstant
    ) async {
        banBook.add(ban, isAutomated: isAutomated)
        await expelEverybody(heldBy: ban, at: now, arrivedAt: arrivedAt)
    }

    package func bans() -> BanList {
        BanList(bans: banBook.inForce(at: configuration.wallClock()).map(report(on:)))
    }

    /// Lifts a ban: writes it down first, then lets go.
    package func liftBan(_ id: BanID, by who: Operator = .unnamed) async throws(AdminError) -> BanReport {
        guard let ban = banBook[id], ban.isInForce(at: configuration.wallClock()) else {
            throw .unknownBan(id)
        }
        guard await records.liftBan(id, at: configuration.wallClock()) else { throw .notDurable(id) }
        // What opens is written down first.
        let isAudited = await audit(.banLift, by: who, on: id.text)
        letGo(of: id)
        note(.banLifted(id), about: .server)
        var report = report(on: ban)
        report.isAudited = isAudited
        return report
    }

    /// Takes a ban out of force that has been lifted here, in the records too.
    func letGo(of ban: BanID) {
        banSight.lifts += 1
        banBook.remove(ban)
    }

    /// Tells somebody who is not a peer yet, and hangs up.
    func turnAway(_ link: any PeerLink, _ ban: BanRecord, re: MessageID?) {
        counts.bannedRefused += 1
        link.send(bannedMessage(ban), re: re)
        link.close(.banned, reason: "banned")
    }

    /// Ends a peer that a ban holds, wherever it is.
    ///
    /// - Returns: whether one did.
    func expelIfBanned(_ peer: Peer) -> Bool {
        guard let ban = banBook.ban(on: peer.handles, at: configuration.wallClock()) else { return false }
        expel(peer, ban)
        return true
    }

    func record(
        of order: BanOrder, decision: DecisionID, holdingOn marks: Set<BanMark>, at now: Date
    ) -> BanRecord {
        let addressUntil = now.addingTimeInterval(Double(configuration.banAddressFor))
        return BanRecord(
            id: .random(using: &random), decision: decision, peer: order.peer, madeAt: now,
            until: order.until, reason: order.reason, facts: order.facts,
            holds: marks.filter { order.handles.contains($0.handle) }
                .compactMap { mark in
                    guard mark.handle == .address else { return .init(mark: mark, until: nil) }
                    // Families, schools and providers' customers share one, and it is somebody else's tomorrow.
                    guard configuration.banAddressFor > 0 else { return nil }
                    return .init(mark: mark, until: min(order.until ?? .distantFuture, addressUntil))
                })
    }

    /// Cuts the banned and whoever else shows one of their handles: another tab is the same person.
    ///
    /// - Returns: once every cut is in force.
    private func expelEverybody(heldBy ban: BanRecord, at now: Date, arrivedAt: MonotonicInstant) async {
        let marks = Set(ban.holds.map(\.mark))
        let isHere = peers[ban.peer] != nil
        let held = peers.values.filter { $0.id == ban.peer || !$0.handles.all.isDisjoint(with: marks) }
        await withCheckedContinuation { continuation in
            var waiting = 1
            let done = {
                waiting -= 1
                if waiting == 0 { continuation.resume() }
            }
            for peer in held {
                if let pair = peer.pair,
                    let ending = pair.policy.handle(.cutOrdered(.moderator), at: arrivedAt).ending
                {
                    waiting += 1
                    carryOut(pair, ending) { _ in done() }
                }
                expel(peer, ban)
            }
            if !isHere { note(banned(by: ban), of: ban.peer) }
            done()
        }
    }

    private func expel(_ peer: Peer, _ ban: BanRecord) {
        let link = peer.link
        peer.send(bannedMessage(ban))
        link?.close(.banned, reason: "banned")
        note(banned(by: ban), of: peer.id)
        end(peer, because: .banned)
    }

    private func banned(by ban: BanRecord) -> SessionEvent {
        .banned(ban.id, decision: ban.decision, reason: ban.reason.cutForJournal)
    }

    private func bannedMessage(_ ban: BanRecord) -> ServerMessage {
        .banned(
            until: ban.until.map(timestamp), decision: ban.decision.text,
            statement: .init(
                ground: ban.reason, facts: ban.facts, automated: banBook.isAutomated(ban.id),
                redress: configuration.banRedress))
    }

    func report(on ban: BanRecord) -> BanReport {
        BanReport(
            ban: ban.id, decision: ban.decision, peer: ban.peer, since: timestamp(ban.madeAt),
            until: ban.until.map(timestamp), reason: ban.reason, facts: ban.facts,
            on: Set(ban.holds.map(\.mark.handle.rawValue)).sorted(), inForceMicroseconds: nil)
    }
}
