package import RelayTypes

/// Datagrams and their bytes, UDP and IP not counted.
package struct Traffic: Sendable, Equatable {
    package var packets: UInt64
    package var bytes: UInt64

    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    package static func + (left: Self, right: Self) -> Self {
        Self(packets: left.packets &+ right.packets, bytes: left.bytes &+ right.bytes)
    }
}

/// Totals since the start, over all workers.
package struct MediaCounters: Sendable, Equatable {
    /// By what a datagram claims to be; kinds without any are left out.
    package var received: [TrafficKind: Traffic] = [:]
    /// RTP and RTCP that went on to a partner, SRTP included.
    package var forwarded: [TrafficKind: Traffic] = [:]
    /// Everything that left: what was forwarded, and what the server said itself.
    package var sent: [TrafficKind: Traffic] = [:]
    package var droppedPackets: [DropReason: UInt64] = [:]
    package var handshakesCompleted: UInt64 = 0
    package var handshakesFailed: UInt64 = 0

    package init() {}

    package var receivedPackets: UInt64 { Self.total(received).packets }
    package var receivedBytes: UInt64 { Self.total(received).bytes }
    package var forwardedPackets: UInt64 { Self.total(forwarded).packets }
    package var forwardedBytes: UInt64 { Self.total(forwarded).bytes }

    private static func total(_ table: [TrafficKind: Traffic]) -> Traffic {
        table.values.reduce(Traffic(), +)
    }
}

/// How one worker fares: what it has counted since its start, and what waits for it.
package struct WorkerCounters: Sendable, Equatable {
    package var forwardedPackets: UInt64 = 0
    /// Time in which its thread did not sleep, in nanoseconds; stands still while the worker does.
    package var busyNanoseconds: UInt64 = 0
    /// Orders that it has not taken yet.
    package var waitingOrders = 0
    /// DTLS datagrams that wait for their turn.
    package var waitingHandshakes = 0
    /// Events that it has told so far.
    package var toldEvents: UInt64 = 0

    package init() {}
}
