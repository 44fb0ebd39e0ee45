package import RelayTypes

/// Whom a peer may be matched with at all: nobody of another group, ever.
package enum MatchGroup: Sendable, Hashable {
    /// Everyone whose attestation proved this band.
    case band(Band)
    /// Everyone who has proved nothing yet.
    case unverified
}

/// One peer that looks for a partner.
package struct Seeker: Sendable, Equatable {
    package enum Media: Sendable, Hashable { case video, text }

    package var peer: PeerID
    /// As the person wrote them.
    ///
    /// Compared without regard to case, width and outer spaces: see ``InterestKey``.
    package var interests: [String]
    /// BCP 47 tags.
    ///
    /// Compared by their first subtag, without regard to case: `en-GB` and `en-US` are both `en`.
    package var languages: [String]
    package var media: Media
    package var group: MatchGroup
    /// Where the peer's leg lives.
    ///
    /// Both legs of a pair live on one worker, so two peers on different workers meet only by a ``Move``.
    package var worker: UInt16
    /// Its leg stays where it is: moving it has failed.
    package var isFixed: Bool
    /// Recent partners and blocked ones.
    ///
    /// Either side's list keeps two peers apart.
    package var avoid: Set<PeerID>
    /// Who the operator says this is.
    ///
    /// One identity never meets itself; `nil` is never equal to another `nil`.
    package var identity: String?

    package init(
        peer: PeerID, interests: [String] = [], languages: [String] = [], media: Media = .video,
        group: MatchGroup, worker: UInt16 = 0, isFixed: Bool = false, avoid: Set<PeerID> = [],
        identity: String? = nil
    ) {
        self.peer = peer
        self.interests = interests
        self.languages = languages
        self.media = media
        self.group = group
        self.worker = worker
        self.isFixed = isFixed
        self.avoid = avoid
        self.identity = identity
    }
}

/// Two peers that shall meet.
package struct Match: Sendable, Equatable {
    /// The one who has waited longer.
    package let first: PeerID
    package let second: PeerID
    /// What both are interested in, in the first's order and spelling.
    package let sharedInterests: [String]
    /// What must be done before they can meet; `nil` where both legs live on one worker.
    package let move: Move?

    package init(first: PeerID, second: PeerID, sharedInterests: [String], move: Move? = nil) {
        self.first = first
        self.second = second
        self.sharedInterests = sharedInterests
        self.move = move
    }
}
