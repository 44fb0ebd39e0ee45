/// The six gates of a pair: one for each side that sends and each channel.
///
/// Starts shut: a fresh value holds everything with ``Holds/policy``.
package struct PairGates: Sendable, Equatable, BitwiseCopyable {
    private var firstAudio: Holds
    private var firstVideo: Holds
    private var firstChat: Holds
    private var secondAudio: Holds
    private var secondVideo: Holds
    private var secondChat: Holds

    /// - Parameter holds: what every gate starts with.
    package init(all holds: Holds = .policy) {
        firstAudio = holds
        firstVideo = holds
        firstChat = holds
        secondAudio = holds
        secondVideo = holds
        secondChat = holds
    }

    /// The gate in front of what `sender` sends on `channel`.
    ///
    /// The holds' `self` is the sender.
    package subscript(sender: Side, channel: Channel) -> Holds {
        get {
            switch (sender, channel) {
            case (.first, .audio): firstAudio
            case (.first, .video): firstVideo
            case (.first, .chat): firstChat
            case (.second, .audio): secondAudio
            case (.second, .video): secondVideo
            case (.second, .chat): secondChat
            }
        }
        set {
            switch (sender, channel) {
            case (.first, .audio): firstAudio = newValue
            case (.first, .video): firstVideo = newValue
            case (.first, .chat): firstChat = newValue
            case (.second, .audio): secondAudio = newValue
            case (.second, .video): secondVideo = newValue
            case (.second, .chat): secondChat = newValue
            }
        }
    }

    /// Adds the other value's holds to this one's, gate by gate.
    ///
    /// There is no operation that removes.
    package mutating func formUnion(_ other: PairGates) {
        for sender in Side.allCases {
            for channel in Channel.allCases {
                self[sender, channel].formUnion(other[sender, channel])
            }
        }
    }
}
