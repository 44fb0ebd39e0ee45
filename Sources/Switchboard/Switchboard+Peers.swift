import Foundation
import MediaControl
import Policy
package import RelayTypes

/// People, as operators see them.
extension Switchboard {
    /// A page of those who are here, oldest first.
    ///
    /// - Parameters:
    ///   - limit: most rows, 1 to 1,000.
    ///   - cursor: the one that came with the page before.
    package func peers(_ wanted: PeerState?, limit: Int, cursor: String?) -> PeerPage {
        let limit = min(max(limit, 1), 1_000)
        let after = cursor.flatMap(PageKey.init(cursor:))
        var rows: [(key: PageKey, peer: Peer)] = []
        for peer in peers.values {
            let key = PageKey(at: peer.arrivedAt.nanoseconds, id: peer.id.text)
            if let after, key <= after { continue }
            if let wanted, state(of: peer) != wanted { continue }
            rows.append((key, peer))
        }
        rows.sort { $0.key < $1.key }
        let now = media.now
        return PeerPage(
            peers: rows.prefix(limit)
                .map { _, peer in
                    .init(
                        peer: peer.id, since: peer.arrivedAtDate, state: state(of: peer),
                        band: peer.isProved(at: now) ? peer.proof?.band : nil, pair: peer.pair?.id,
                        worker: peer.leg.map { Int($0.slot.worker) })
                },
            cursor: rows.count > limit ? rows[limit - 1].key.cursor : nil)
    }

    /// One peer, here or gone within the last 24 h; `nil` when there is none of that name.
    package func peer(_ id: PeerID) async -> PeerReport? {
        guard let peer = peers[id] else {
            guard let record = insight.journal[.peer(id)], let first = record.entries.first else {
                return nil
            }
            return PeerReport(
                peer: id, state: .ended, since: timestamp(first.at), hasIdentity: false, pairs: record.pairs)
        }
        var leg: LegSnapshot?
        if let slot = peer.leg?.slot {
            leg = await withCheckedContinuation { continuation in
                inspect(slot) { continuation.resume(returning: $0) }
            }
        }
        let now = media.now
        let proof = peer.isProved(at: now) ? peer.proof : nil
        let left = proof.map { Double($0.expires.nanoseconds(since: now)) / 1e9 }
        return PeerReport(
            peer: id, state: state(of: peer), since: timestamp(peer.arrivedAtDate), band: proof?.band,
            bandExpires: left.map { timestamp(configuration.wallClock().addingTimeInterval($0)) },
            address: peer.connection.flatMap { connections[$0] }.map { shown($0.address) },
            hasIdentity: peer.identity != nil,
            leg: peer.leg.map { own in
                PeerReport.Leg(
                    worker: Int(own.slot.worker), state: own.state.name, path: leg.map(path(of:)))
            },
            pair: peer.pair?.id, pairs: insight.journal[.peer(id)]?.pairs ?? [])
    }

    func path(of leg: LegSnapshot) -> PairReport.Leg {
        PairReport.Leg(
            address: leg.remote.map { shown($0) }, state: leg.state.rawValue, dtls: leg.dtlsVersion,
            srtp: leg.profile?.name, roundTripMilliseconds: leg.roundTripMilliseconds)
    }

    func state(of id: PeerID) -> String { (peers[id].map { state(of: $0) } ?? PeerState.ended).rawValue }

    private func state(of peer: Peer) -> PeerState {
        if peers[peer.id] !== peer { return .ended }
        if peer.link == nil { return .away }
        if peer.pair != nil { return .paired }
        if peer.isWaiting || peer.meeting != nil { return .waiting }
        return peer.wantsPool ? .joining : .idle
    }
}

extension Peer.LegState {
    fileprivate var name: String {
        switch self {
        case .offered: "offered"
        case .answered: "answered"
        case .connected: "connected"
        }
    }
}

/// Where a page goes on: a moment, and a name where two share it.
struct PageKey: Comparable {
    let at: UInt64
    let id: String

    init(at: UInt64, id: String) {
        self.at = at
        self.id = id
    }

    /// - Returns: `nil` for what is no cursor of ours.
    init?(cursor: String) {
        guard let dash = cursor.firstIndex(of: "-"), let at = UInt64(cursor[..<dash], radix: 16) else {
            return nil
        }
        self.init(at: at, id: String(cursor[cursor.index(after: dash)...]))
    }

    var cursor: String { String(at, radix: 16) + "-" + id }

    static func < (left: Self, right: Self) -> Bool {
        left.at != right.at ? left.at < right.at : left.id < right.id
    }
}
