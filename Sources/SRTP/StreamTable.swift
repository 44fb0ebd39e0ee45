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
/// Its memory grows when an SSRC is added, and at no other time. By address, not in an array: an array asks at every
/// change whether it is shared.
internal struct StreamTable: ~Copyable {
    /// Most SSRCs.
    ///
    /// A browser needs three: audio, video, retransmissions.
    internal static let capacity = 64
    /// Places made at first: as many as a browser needs, so that a leg stays small.
    private static let firstRoom = 4

    private var count = 0
    private var room = Self.firstRoom
    /// Apart from the states, so that a search touches one cache line and not one for each stream.
    private var ssrcs: UnsafeMutablePointer<UInt32>
    private var states: UnsafeMutablePointer<StreamState>

    internal init() {
        ssrcs = .allocate(capacity: Self.firstRoom)
        states = .allocate(capacity: Self.firstRoom)
    }

    deinit {
        ssrcs.deallocate()
        states.deallocate()
    }

    internal var isFull: Bool { count >= Self.capacity }

    @inline(__always)
    internal func position(of ssrc: UInt32) -> Int? {
        var position = 0
        while position < count {
            if ssrcs[position] == ssrc { return position }
            position &+= 1
        }
        return nil
    }

    /// The state at a position that ``position(of:)`` or ``add(_:)`` gave.
    internal subscript(position: Int) -> StreamState {
        @inline(__always)
        unsafeAddress {
            precondition(position >= 0 && position < count, "no such stream")
            return UnsafePointer(states + position)
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(position >= 0 && position < count, "no such stream")
            return states + position
        }
    }

    /// - Precondition: `ssrc` is not in the table, and the table is not full.
    /// - Returns: the position of its state.
    internal mutating func add(_ ssrc: UInt32) -> Int {
        precondition(!isFull, "a stream table is full")
        if count == room { grow() }
        (ssrcs + count).initialize(to: ssrc)
        (states + count).initialize(to: StreamState())
        count += 1
        return count - 1
    }

    private mutating func grow() {
        room *= 2
        let (moreSSRCs, moreStates) = (
            UnsafeMutablePointer<UInt32>.allocate(capacity: room),
            UnsafeMutablePointer<StreamState>.allocate(capacity: room)
        )
        moreSSRCs.moveInitialize(from: ssrcs, count: count)
        moreStates.moveInitialize(from: states, count: count)
        ssrcs.deallocate()
        states.deallocate()
        (ssrcs, states) = (moreSSRCs, moreStates)
    }
}
