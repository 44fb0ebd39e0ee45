/// What became of one RTCP compound.
package struct RTCPTranslation: Sendable, Equatable, BitwiseCopyable {
    /// Bytes in the output; 0 when nothing is left for the partner.
    package var length = 0
    /// A PLI or FIR for the partner is among them.
    package var containsKeyFrameRequest = false
    /// B's source that transport-wide feedback names, where some has passed its gate: it is in the output, or, with
    /// ``RTCPContext/isTransportWideRenumbered``, for the caller to add.
    package var transportFeedbackSource: UInt32?
    /// The number of B's behind the last one that transport-wide feedback in the output speaks of.
    package var transportFeedbackEnd: UInt16?
    package var feedbackCounter = FeedbackCounter()
    /// NTP timestamps of A's sender reports that are in the output.
    package var audioReport: UInt64?
    package var videoReport: UInt64?
    package var retransmissionReport: UInt64?
    /// The compound was not well-formed (RFC 3550 Appendix A.2): nothing of it passes.
    package var isMalformed = false
    /// The output was too small: what is there is whole, something is missing.
    package var isCut = false
    /// Blocks dropped because a gate is shut.
    package var held: UInt16 = 0
    /// Blocks dropped because they are about what was sent before the current splice.
    package var beforeSplice: UInt16 = 0
    /// Blocks dropped because they are about no stream of this pair, or are of a kind that never passes and says
    /// nothing to the partner (APP, XR, unknown ones).
    package var unmapped: UInt16 = 0
    /// Key-frame requests dropped because B has been asked lately.
    package var limited: UInt16 = 0
    /// Blocks dropped because they contradict their own format.
    package var malformedBlocks: UInt16 = 0

    package init() {}
}
