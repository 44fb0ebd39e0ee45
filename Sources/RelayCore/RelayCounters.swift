/// What one worker has counted since its start: plain numbers, published once a batch.
package struct RelayCounters: Sendable, BitwiseCopyable {
    /// Datagrams of every kind; a packet that claims a kind counts as one before it is authenticated.
    package var received = TrafficCounts()
    /// RTP and RTCP that went on to a partner, as sent: with SRTP, without UDP and IP.
    package var forwarded = TrafficCounts()
    /// STUN, DTLS, and all RTCP, whether it went on to a partner or is the server's own.
    package var sent = TrafficCounts()
    package var handshakesCompleted: UInt64 = 0
    package var handshakesFailed: UInt64 = 0
    package var dropped = DropCounts()

    package init() {}
}
