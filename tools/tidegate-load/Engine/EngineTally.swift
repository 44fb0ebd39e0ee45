package import Histogram

/// Why a received packet should never have come.
package enum Leak: String, Sendable, CaseIterable, BitwiseCopyable {
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
    /// Of them, those under an SSRC and payload type that nobody announced: the server should have dropped them.
    package var unannouncedPackets: UInt64 = 0
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
    /// Lost packets that came by retransmission.
    package var repairedPackets: UInt64 = 0
    package var retransmissionsAsked: UInt64 = 0
    package var retransmissionsSent: UInt64 = 0
    package var keyFramesAsked: UInt64 = 0
    package var keyFramesSent: UInt64 = 0
    /// Datagrams that neither authenticated nor were STUN or DTLS.
    package var undecipherable: UInt64 = 0
    /// Datagrams that this machine refused to send, its buffers being full.
    package var refusedPackets: UInt64 = 0
    /// Received although nobody announced their SSRC and payload type (``EngineCommand/unknownSource(count:)``).
    package var unannouncedPackets: UInt64 = 0
    /// Sent before a window opened, and received after that, having waited no longer than others (``QueueWaits``).
    package var earlyPackets: UInt64 = 0
    /// Events that were lost because nobody took them in time.
    package var eventsLost: UInt64 = 0
    /// CPU time of the threads, in nanoseconds.
    package var threadTime: UInt64 = 0
    package var leaks: [Leak: UInt64] = [:]
    /// From the moment of sending to the moment of arrival, in microseconds.
    package var oneWayDelay: Histogram<UInt64>?
    /// Interarrival jitter of sound (RFC 3550 §6.4.1), in microseconds.
    package var jitter: Histogram<UInt64>?
    /// How late the threads were in sending what was due, in microseconds: whether the tool itself was the bottleneck.
    package var lateness: Histogram<UInt64>?
    var waits = QueueWaits()

    package init() {}
}

extension EngineTally {
    /// Adds another thread's.
    mutating func add(_ other: EngineTally) {
        sentPackets &+= other.sentPackets
        sentBytes &+= other.sentBytes
        receivedPackets &+= other.receivedPackets
        receivedBytes &+= other.receivedBytes
        lostPackets &+= other.lostPackets
        duplicatedPackets &+= other.duplicatedPackets
        reorderedPackets &+= other.reorderedPackets
        repairedPackets &+= other.repairedPackets
        retransmissionsAsked &+= other.retransmissionsAsked
        retransmissionsSent &+= other.retransmissionsSent
        keyFramesAsked &+= other.keyFramesAsked
        keyFramesSent &+= other.keyFramesSent
        undecipherable &+= other.undecipherable
        refusedPackets &+= other.refusedPackets
        unannouncedPackets &+= other.unannouncedPackets
        earlyPackets &+= other.earlyPackets
        eventsLost &+= other.eventsLost
        threadTime &+= other.threadTime
        leaks.merge(other.leaks) { $0 &+ $1 }
        Self.add(other.oneWayDelay, to: &oneWayDelay)
        Self.add(other.jitter, to: &jitter)
        Self.add(other.lateness, to: &lateness)
        waits.add(other.waits)
    }

    /// Sorts the doubtful packets of all threads into leaks and early ones.
    mutating func judgeDoubtful() {
        let unexplained = waits.leaks
        if unexplained > 0 { leaks[.held, default: 0] &+= unexplained }
        earlyPackets &+= UInt64(waits.doubtful.count) &+ waits.overflow &- unexplained
    }

    private static func add(_ more: Histogram<UInt64>?, to sum: inout Histogram<UInt64>?) {
        guard let more else { return }
        if sum == nil { sum = more } else { sum?.add(more) }
    }
}
