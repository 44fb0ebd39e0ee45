internal import Crypto
package import FoundationEssentials
package import RelayTypes

/// Who met whom and when, so that a report by receipt finds the pair later and after a restart.
package struct PairRecord: Sendable, Equatable {
    package var pair: PairID
    package var startedAt: Date
    /// `nil` while it runs, and after a crash.
    package var endedAt: Date?
    package var first: PairSideRecord
    package var second: PairSideRecord

    package init(
        pair: PairID, startedAt: Date, endedAt: Date? = nil, first: PairSideRecord, second: PairSideRecord
    ) {
        self.pair = pair
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.first = first
        self.second = second
    }
}

/// One side of a pair.
package struct PairSideRecord: Sendable, Equatable {
    package var peer: PeerID
    /// What was proved when the two were matched.
    package var band: Band?
    /// SHA-256 of the receipt that this side holds.
    package var receiptHash: ReceiptHash
    /// What it would be recognised by, so that a decision about a late report can hold on to it.
    package var marks: [BanMark]

    package init(peer: PeerID, band: Band?, receiptHash: ReceiptHash, marks: [BanMark] = []) {
        self.peer = peer
        self.band = band
        self.receiptHash = receiptHash
        self.marks = marks
    }

    /// - Parameter receipt: `matched.receipt` of this side.
    package init(peer: PeerID, band: Band?, receipt: String, marks: [BanMark] = []) {
        self.init(peer: peer, band: band, receiptHash: ReceiptHash(of: receipt), marks: marks)
    }
}

/// A receipt as it is stored: who reads the database cannot report in somebody's name.
package struct ReceiptHash: Sendable, Hashable {
    /// 32 bytes.
    package let bytes: [UInt8]

    /// SHA-256 (FIPS 180-4 §6.2).
    ///
    /// No salt is needed: a receipt is random and cannot be guessed.
    package init(of receipt: String) {
        bytes = Array(SHA256.hash(data: Data(receipt.utf8)))
    }
}

/// The pair that a receipt belongs to, seen from its holder.
package struct ReceiptRecord: Sendable, Equatable {
    package var pair: PairID
    package var startedAt: Date
    package var endedAt: Date?
    /// The holder's side.
    package var side: Side
    package var holder: PeerID
    package var partner: PeerID
    /// What was proved of the holder when the two were matched.
    package var holderBand: Band?
    package var partnerBand: Band?
    package var holderMarks: [BanMark]
    package var partnerMarks: [BanMark]

    package init(
        pair: PairID, startedAt: Date, endedAt: Date?, side: Side, holder: PeerID, partner: PeerID,
        holderBand: Band? = nil, partnerBand: Band? = nil, holderMarks: [BanMark] = [],
        partnerMarks: [BanMark] = []
    ) {
        self.pair = pair
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.side = side
        self.holder = holder
        self.partner = partner
        self.holderBand = holderBand
        self.partnerBand = partnerBand
        self.holderMarks = holderMarks
        self.partnerMarks = partnerMarks
    }
}
