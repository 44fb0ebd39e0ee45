package import Foundation
package import RelayTypes

/// A ``SessionEvent``, when it was and whom it is about.
package struct NotedEvent: Sendable {
    package enum Subject: Sendable, Equatable {
        case peer(PeerID)
        case pair(PairID, first: PeerID, second: PeerID)
        /// Nobody alone: the machine.
        case server
    }

    /// Counted from 1 at each start of the server.
    package let number: UInt64
    package let at: Date
    package let event: SessionEvent
    package let subject: Subject

    package init(number: UInt64, at: Date, event: SessionEvent, subject: Subject) {
        self.number = number
        self.at = at
        self.event = event
        self.subject = subject
    }

    package var pair: PairID? { if case .pair(let pair, _, _) = subject { pair } else { nil } }

    /// The peers that it is about: none, one or two.
    package var peers: [PeerID] {
        switch subject {
        case .peer(let peer): [peer]
        case .pair(_, let first, let second): [first, second]
        case .server: []
        }
    }

    /// Everything besides the number and the time, in a fixed order.
    package var details: [(name: String, value: String)] {
        switch subject {
        case .server: event.details(nil)
        case .peer(let peer): [("peer", peer.text)] + event.details(nil)
        case .pair(let pair, let first, let second):
            [("pair", pair.text), ("first", first.text), ("second", second.text)]
                + event.details((first, second))
        }
    }

    /// What it takes in memory, in bytes, about: itself, and texts that are not shared with others.
    var cost: Int {
        let texts =
            switch event {
            case .connected(let text), .addressMoved(let text), .answerRefused(let text),
                .legMoveFailed(let text):
                text.utf8.count
            case .legEnded(let why, let detail, _): why.utf8.count + (detail?.utf8.count ?? 0)
            case .attested(_, let issuer): issuer.utf8.count
            case .attestationRefused(_, _, let reason): reason.utf8.count
            case .ordered(let order): order.by.utf8.count + order.reason.utf8.count
            case .banned(_, _, let reason): reason.utf8.count
            case .gatesChanged(let changes, _): changes.count * MemoryLayout<GateChange>.stride
            case .pathFound(let path): path.address?.utf8.count ?? 0
            default: 0
            }
        return MemoryLayout<Self>.stride + 64 + texts
    }
}
