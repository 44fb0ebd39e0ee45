/// What one worker has counted since its start: plain numbers, published once a batch.
package struct RelayCounters: Sendable, BitwiseCopyable {
    /// Datagrams of every kind.
    package var receivedPackets: UInt64 = 0
    package var receivedBytes: UInt64 = 0
    /// RTP and RTCP that went on to a partner.
    package var forwardedPackets: UInt64 = 0
    /// As sent: with SRTP, without UDP and IP.
    package var forwardedBytes: UInt64 = 0
    package var handshakesCompleted: UInt64 = 0
    package var handshakesFailed: UInt64 = 0
    package var dropped = DropCounts()

    package init() {}
}
