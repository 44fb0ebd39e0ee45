internal import RelayTypes

/// The gate: the only code that can let a packet through.
///
/// Whatever forwards must show a passage, and only this file can make one. A gate is open if and only if its set of
/// holds is empty.
internal enum Gate {
    /// The right to forward one RTP packet, of the channel and direction that were asked about, now.
    internal struct Passage: ~Copyable {
        fileprivate init() {}
    }

    /// The right to forward one RTCP packet, and which parts of it.
    ///
    /// Sender reports follow the media; feedback goes against the media that it is about, and obeys that
    /// media's gate.
    internal struct FeedbackPassage: ~Copyable {
        internal let isAudioOpen: Bool
        internal let isVideoOpen: Bool
        internal let isPartnerAudioOpen: Bool
        internal let isPartnerVideoOpen: Bool

        fileprivate init?(_ gates: PairGates, from sender: Side) {
            isAudioOpen = Gate.isOpen(gates[sender, .audio])
            isVideoOpen = Gate.isOpen(gates[sender, .video])
            isPartnerAudioOpen = Gate.isOpen(gates[sender.other, .audio])
            isPartnerVideoOpen = Gate.isOpen(gates[sender.other, .video])
            guard isAudioOpen || isVideoOpen || isPartnerAudioOpen || isPartnerVideoOpen else { return nil }
        }
    }

    /// The one decision.
    @inline(__always)
    internal static func isOpen(_ holds: Holds) -> Bool { holds.rawValue == 0 }

    /// - Returns: `nil` when the gate is shut.
    @inline(__always)
    internal static func passage(through holds: Holds) -> Passage? {
        isOpen(holds) ? Passage() : nil
    }

    /// - Returns: `nil` when all four gates of audio and video are shut.
    @inline(__always)
    internal static func passage(through gates: PairGates, feedbackFrom sender: Side) -> FeedbackPassage? {
        FeedbackPassage(gates, from: sender)
    }
}
