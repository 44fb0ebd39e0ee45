/// What one SSRC has used of its two index spaces.
internal struct StreamState {
    /// Most of each kind that one master key may protect: RTP has 48 bits, SRTCP 31 (RFC 3711 §9.2).
    internal static let mostRTP: UInt64 = 1 << 48
    internal static let mostRTCP: UInt64 = 1 << 31
    /// From here on the keys count as used up: what is left lasts for longer than it takes to notice.
    internal static let lateRTP: UInt64 = mostRTP - 1 << 26
    internal static let lateRTCP: UInt64 = mostRTCP - 1 << 16

    internal var rtp = ReplayWindow<16>()
    internal var rtcp = ReplayWindow<2>()
}

/// The SSRCs of one direction, few enough to look through one after another.
///
/// Its storage grows when an SSRC is added, and at no other time.
internal struct StreamTable: ~Copyable {
    /// Most SSRCs.
    ///
    /// A browser needs three: audio, video, retransmissions.
    internal static let capacity = 64

    /// Apart from the states, so that a search touches one cache line and not one for each stream.
    private var ssrcs: [UInt32] = []
    internal var states: [StreamState] = []

    internal var isFull: Bool { ssrcs.count >= Self.capacity }

    @inline(__always)
    internal func position(of ssrc: UInt32) -> Int? {
        for position in ssrcs.indices where ssrcs[position] == ssrc { return position }
        return nil
    }

    /// - Precondition: `ssrc` is not in the table, and the table is not full.
    /// - Returns: the position of its state.
    internal mutating func add(_ ssrc: UInt32) -> Int {
        if ssrcs.isEmpty {
            // As many as a browser needs, so that a leg stays small.
            ssrcs.reserveCapacity(4)
            states.reserveCapacity(4)
        }
        ssrcs.append(ssrc)
        states.append(StreamState())
        return ssrcs.count - 1
    }
}
