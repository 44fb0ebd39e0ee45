package import FoundationEssentials
internal import RelayTypes

/// A nonce to be carried by the next attestation of one peer.
package struct IssuedNonce: Sendable, Equatable {
    /// 32 random bytes in base64url.
    package let nonce: String
    package let expires: Date

    package init(nonce: String, expires: Date) {
        self.nonce = nonce
        self.expires = expires
    }
}

/// Which nonce belongs to which peer, and which ones have been used up.
struct NonceRegister: Sendable {
    /// What became of a nonce that came in a token with a valid signature.
    enum Use: Sendable, Equatable {
        /// This peer's current one, in time. It is used up now.
        case accepted
        /// This peer's current one, but too late. It is used up now.
        case expired
        /// Another peer's current one. It is used up now.
        case foreign
        /// Used up before.
        case consumed
        /// Never given out, void, or long forgotten.
        case unknown
    }

    private let lifetime: TimeInterval
    private var current: [PeerID: IssuedNonce] = [:]
    private var owners: [String: PeerID] = [:]
    private var consumed: ReplayMemory<String>

    /// - Parameters:
    ///   - lifetime: of a nonce, in seconds.
    ///   - memory: how long a used one is told from an unknown one, in seconds.
    init(lifetime: TimeInterval, memory: TimeInterval, capacity: Int = 100_000) {
        self.lifetime = lifetime
        consumed = ReplayMemory(capacity: capacity, lifetime: memory)
    }

    /// Gives a peer a fresh nonce; the one before is void.
    mutating func issue(for peer: PeerID, at now: Date, using generator: inout some RandomNumberGenerator)
        -> IssuedNonce
    {
        forget(peer)
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let issued = IssuedNonce(nonce: Base64URL.encode(bytes), expires: now.addingTimeInterval(lifetime))
        current[peer] = issued
        owners[issued.nonce] = peer
        return issued
    }

    /// The peer has ended: its nonce is void.
    mutating func forget(_ peer: PeerID) {
        guard let issued = current.removeValue(forKey: peer) else { return }
        owners.removeValue(forKey: issued.nonce)
    }

    /// Uses a nonce up.
    ///
    /// Called only with what a valid signature vouches for.
    ///
    /// A nonce is used up whoever presents it. When B comes with a token that carries A's nonce, that token
    /// has left the hands it was made for: were A's nonce left alive, it would stay good for whoever is
    /// quicker. A asks for another, which costs one message; and nobody can do this to A without a token that
    /// an issuer signed for A's secret nonce.
    mutating func consume(_ nonce: String, by peer: PeerID, at now: Date) -> Use {
        guard let owner = owners[nonce], let issued = current[owner], issued.nonce.isSameBytes(as: nonce)
        else {
            return consumed.contains(nonce) ? .consumed : .unknown
        }
        forget(owner)
        consumed.insert(nonce, at: now)
        guard owner == peer else { return .foreign }
        return now < issued.expires ? .accepted : .expired
    }
}
