import RelayTypes
import Storage

/// Who is held with `risk`, and which reports must be decided first.
///
/// Goes by peer, account and page, never by address: a school must not be held for one of its pupils.
struct RiskBook {
    /// Most reports; beyond that none is added, and the queue is the operator's only word on it.
    private static let capacity = 100_000

    private struct Hold {
        let peer: PeerID
        let marks: Set<BanMark>
    }

    private var holds: [ReportID: Hold] = [:]
    private var byPeer: [PeerID: Set<ReportID>] = [:]
    private var byMark: [BanMark: Set<ReportID>] = [:]

    var count: Int { holds.count }

    mutating func add(_ report: ReportID, on peer: PeerID, marks: Set<BanMark>) {
        guard holds[report] == nil, holds.count < Self.capacity else { return }
        let marks = marks.filter { $0.handle != .address }
        holds[report] = Hold(peer: peer, marks: marks)
        byPeer[peer, default: []].insert(report)
        for mark in marks { byMark[mark, default: []].insert(report) }
    }

    /// - Returns: whom it held; `nil` where there was none.
    mutating func remove(_ report: ReportID) -> PeerID? {
        guard let hold = holds.removeValue(forKey: report) else { return nil }
        byPeer[hold.peer]?.remove(report)
        if byPeer[hold.peer]?.isEmpty == true { byPeer[hold.peer] = nil }
        for mark in hold.marks {
            byMark[mark]?.remove(report)
            if byMark[mark]?.isEmpty == true { byMark[mark] = nil }
        }
        return hold.peer
    }

    func holds(_ peer: Peer) -> Bool {
        !holds.isEmpty && (byPeer[peer.id] != nil || peer.handles.all.contains { byMark[$0] != nil })
    }
}
