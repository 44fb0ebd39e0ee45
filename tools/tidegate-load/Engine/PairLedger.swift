internal import Synchronization

/// The truth about who may hear whom: written by whoever drives the signalling, read by every media thread for every
/// packet.
///
/// A pair is a number from 1. Its media may be received by its two peers only, and only when it was *sent* within the
/// window that the server's own words leave open: from the moment at which the later of the two consents (or whatever
/// was last missing) left for the server, to the moment at which the server's word that it is shut came in. Anything
/// else that is received is a leak.
package final class PairLedger: Sendable {
    /// Most pairs in a run.
    package let capacity: Int

    package init(capacity: Int) { self.capacity = capacity }

    /// A new pair of two peers, shut.
    ///
    /// - Returns: its number, or 0 when there is no room.
    package func open(_ a: PeerNumber, _ b: PeerNumber) -> UInt32 { 0 }

    /// What `sender` sends may be heard from now on, in nanoseconds of the monotonic clock.
    package func release(_ pair: UInt32, from sender: PeerNumber, at nanoseconds: UInt64) {}

    /// Nothing that `sender` sends later than this may be heard.
    package func shut(_ pair: UInt32, from sender: PeerNumber, at nanoseconds: UInt64) {}

    /// Nothing that either sends later than this may be heard.
    package func shut(_ pair: UInt32, at nanoseconds: UInt64) {}

    /// When the last packet of `sender` in this pair has arrived, in nanoseconds; 0 for none.
    package func lastArrival(_ pair: UInt32, from sender: PeerNumber) -> UInt64 { 0 }
}
