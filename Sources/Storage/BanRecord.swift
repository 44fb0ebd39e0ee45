package import FoundationEssentials
package import RelayTypes

/// One handle of one person as it is kept: who reads the database learns neither an account nor an address.
package struct BanMark: Sendable, Hashable {
    package let handle: BanHandle
    /// HMAC-SHA-256 (RFC 2104) under a key of the operator's: 32 bytes.
    package let hash: [UInt8]

    package init(handle: BanHandle, hash: [UInt8]) {
        self.handle = handle
        self.hash = hash
    }
}

/// One ban and the decision behind it.
package struct BanRecord: Sendable, Equatable {
    /// A mark, and how long it counts.
    package struct Hold: Sendable, Equatable {
        package var mark: BanMark
        /// `nil`: as long as the ban.
        package var until: Date?

        package init(mark: BanMark, until: Date?) {
            self.mark = mark
            self.until = until
        }
    }

    package var id: BanID
    package var decision: DecisionID
    /// Who was banned, as the peer was called then.
    package var peer: PeerID
    /// Kept to the millisecond, as all times here.
    package var madeAt: Date
    /// `nil`: for good.
    package var until: Date?
    /// The rule or law that it rests on.
    package var reason: String
    /// What happened.
    package var facts: String
    package var holds: [Hold]
    package var liftedAt: Date?

    package init(
        id: BanID, decision: DecisionID, peer: PeerID, madeAt: Date, until: Date?, reason: String,
        facts: String, holds: [Hold], liftedAt: Date? = nil
    ) {
        self.id = id
        self.decision = decision
        self.peer = peer
        self.madeAt = madeAt
        self.until = until
        self.reason = reason
        self.facts = facts
        self.holds = holds
        self.liftedAt = liftedAt
    }

    /// Whether it holds on to anybody.
    package func isInForce(at now: Date) -> Bool { liftedAt == nil && until.map { now < $0 } ?? true }
}
