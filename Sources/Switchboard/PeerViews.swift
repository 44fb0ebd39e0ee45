package import Foundation
package import RelayTypes

/// How far somebody has come: a closed set.
package enum PeerState: String, Sendable, CaseIterable, Encodable {
    /// Has asked for nothing yet, or for nothing more.
    case idle
    /// Wants a partner, and may not be matched yet: the age is not proved, or the media path not up.
    case joining
    case waiting
    case paired
    /// The connection is lost; it may be resumed.
    case away
    case ended
}

/// `GET /v1/peers`.
package struct PeerPage: Sendable, Encodable {
    package struct Row: Sendable {
        package var peer: PeerID
        package var since: Date
        package var state: PeerState
        package var band: Band?
        package var pair: PairID?
        /// Absent without a media path.
        package var worker: Int?
    }

    package var peers: [Row]
    package var cursor: String?
}

extension PeerPage.Row: Encodable {
    private enum CodingKeys: String, CodingKey { case peer, since, state, band, pair, worker }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(peer, forKey: .peer)
        try container.encode(since.formattedToTheMillisecond, forKey: .since)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(band, forKey: .band)
        try container.encodeIfPresent(pair, forKey: .pair)
        try container.encodeIfPresent(worker, forKey: .worker)
    }
}

/// `GET /v1/peers/{peer}`.
package struct PeerReport: Sendable, Encodable {
    package struct Leg: Sendable, Encodable {
        package var worker: Int
        /// `offered`, `answered` or `connected`.
        package var state: String
        /// How far the worker has come with it; absent where the worker does not answer.
        package var path: PairReport.Leg?
    }

    package var peer: PeerID
    package var state: PeerState
    /// RFC 3339 UTC.
    package var since: String
    package var band: Band?
    /// When the band lapses, RFC 3339 UTC.
    package var bandExpires: String?
    /// Of its WebSocket; whole only where the configuration shows addresses.
    package var address: String?
    /// Whether the operator's identity token said who it is.
    package var hasIdentity: Bool
    package var leg: Leg?
    /// The current one.
    package var pair: PairID?
    /// The latest ones, oldest first.
    package var pairs: [PairID]

    private enum CodingKeys: String, CodingKey {
        case peer, state, since, band, address, leg, pair, pairs
        case bandExpires = "band_expires"
        case hasIdentity = "identity"
    }
}
