package import Histogram

/// Why a received packet should never have come.
package enum Leak: String, Sendable, CaseIterable {
    /// Sent while a gate was held, or before both had agreed.
    case held
    /// Sent after the server had said that the pair is over.
    case afterCut = "after_cut"
    /// From somebody who is not the partner of this pair.
    case formerPartner = "former_partner"
    /// From a sender of another band.
    case acrossBands = "across_bands"
    /// Carries no mark that this run made.
    case unmarked
}

/// What one peer has been through.
package struct PeerRecord: Sendable, Equatable {
    package var sentPackets: UInt64 = 0
    package var receivedPackets: UInt64 = 0
    package var leaks: [Leak: UInt64] = [:]

    package init() {}
}

/// What all peers have been through.
package struct EngineTally: Sendable {
    package var sentPackets: UInt64 = 0
    package var sentBytes: UInt64 = 0
    package var receivedPackets: UInt64 = 0
    package var receivedBytes: UInt64 = 0
    /// Of media that should have arrived: sent inside an open window, and neither received nor repaired.
    package var lostPackets: UInt64 = 0
    package var duplicatedPackets: UInt64 = 0
    package var reorderedPackets: UInt64 = 0
    package var retransmissionsAsked: UInt64 = 0
    package var retransmissionsSent: UInt64 = 0
    package var keyFramesAsked: UInt64 = 0
    /// Datagrams that neither authenticated nor were STUN or DTLS.
    package var undecipherable: UInt64 = 0
    package var leaks: [Leak: UInt64] = [:]
    /// From the moment of sending to the moment of arrival, in microseconds.
    package var oneWayDelay: Histogram<UInt64>?
    /// Interarrival jitter of sound (RFC 3550 §6.4.1), in microseconds.
    package var jitter: Histogram<UInt64>?
    /// How late the threads were in sending what was due, in microseconds: whether the tool itself was the bottleneck.
    package var lateness: Histogram<UInt64>?

    package init() {}
}
