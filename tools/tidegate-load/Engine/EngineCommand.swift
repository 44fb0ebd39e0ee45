/// What a simulated browser can be told to do.
package enum EngineCommand: Sendable {
    /// Sends, or stops sending, sound and picture. Until told it sends nothing.
    case send(Bool)
    /// From now on every mark names this pair; 0 for no pair.
    case enterPair(UInt32)
    /// Goes on from another local address, as after a change of network.
    case changeAddress
    /// Sends this many datagrams of random bytes.
    case garbage(count: Int)
    /// Sends this many media packets as fast as it can.
    case flood(count: Int)
    /// Sends the last protected packets once more, this many times.
    case replay(count: Int)
    /// Sends this many well-protected packets with an SSRC that was never announced.
    case unknownSource(count: Int)
    /// Sends close_notify and gives the socket back.
    case close
    /// Gives the socket back without a word.
    case vanish
}

/// What happens to a simulated browser.
package enum EngineEvent: Sendable, Equatable {
    case connected(PeerNumber, at: UInt64)
    /// ICE or DTLS has failed; in words.
    case failed(PeerNumber, String)
    case closedByServer(PeerNumber)
    /// The first sound of a pair has arrived, at this time of the monotonic clock, in nanoseconds.
    case firstSound(PeerNumber, pair: UInt32, at: UInt64)
    /// The first whole key frame of a pair has arrived.
    case firstPicture(PeerNumber, pair: UInt32, at: UInt64)
}

package enum EngineError: Error, Sendable, Equatable {
    /// The offer is not one that a browser could answer.
    case badOffer(String)
    /// The operating system refused a socket or a thread.
    case system(what: String, errno: Int32)
    /// OpenSSL or libsrtp2 refused.
    case security(String)
    /// More peers than were planned.
    case tooManyPeers
}
